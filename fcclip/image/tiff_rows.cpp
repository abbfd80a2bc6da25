#include <algorithm>
#include <cmath>
#include <type_traits>
#include <vector>

#include <ATen/ATen.h>

#include "fcclip/image/codec.h"
#include "fcclip/image/row_readers.h"
#include "fcclip/image/tiff_colours.h"
#include "fcclip/image/tiff_layout.h"
#include "fcclip/image/tiff_samples.h"

namespace fcclip::image {
namespace {

// A strip or tile that unpacks to more is not read: it would be in memory as a whole.
constexpr int64_t kMostBlockBytes = int64_t{1} << 28;
constexpr int64_t kLooks = 256;         // places at which the range of values is looked at
constexpr int64_t kLookedAtSide = 64;   // of a place in a tiled file
constexpr int64_t kLookedAtRow = 4096;  // values of a row in a file of strips

void check_blocks(const TiffFile& file, const TiffLayout& layout, std::string_view name) {
  const bool tiled = TIFFIsTiled(file.handle()) != 0;
  const auto bytes =
      static_cast<int64_t>(tiled ? TIFFTileSize64(file.handle()) : TIFFStripSize64(file.handle()));
  if (bytes <= kMostBlockBytes || has_huge_strips(file, layout)) return;
  refuse(name, "its ", tiled ? "tiles" : "strips", " unpack to ", bytes,
         " bytes each, too many to be read in windows; store it in smaller ones: gdal_translate "
         "-co TILED=YES -co BIGTIFF=YES IN OUT.tif");
}

// Where the range of values is looked at: small squares of tiled files, else whole rows.
std::vector<TiffPart> places_to_look(const TiffFile& file, const TiffLayout& layout) {
  std::vector<TiffPart> parts;
  if (TIFFIsTiled(file.handle()) == 0) {
    const int64_t rows = std::min(kLooks, layout.height);
    for (int64_t i = 0; i < rows; ++i) {
      parts.push_back({0, i * layout.height / rows, layout.width, 1});
    }
    return parts;
  }
  // In the middle of each cell of a grid, so that no part of the picture counts more than others.
  const auto side = static_cast<int64_t>(std::sqrt(kLooks));
  const auto middle = [side](int64_t cell, int64_t extent) {
    const int64_t begin = cell * extent / side, end = (cell + 1) * extent / side;
    const int64_t length = std::min(kLookedAtSide, end - begin);
    return std::pair{begin + (end - begin - length) / 2, length};
  };
  for (int64_t i = 0; i < kLooks; ++i) {
    const auto [y, height] = middle(i / side, layout.height);
    const auto [x, width] = middle(i % side, layout.width);
    if (height > 0 && width > 0) parts.push_back({x, y, width, height});
  }
  return parts;
}

ValueScale scale_of(TiffFile& file, const TiffLayout& layout, std::string_view name,
                    const ReadOptions& options) {
  const bool sixteen = layout.kept() == at::kUInt16;
  std::vector<at::Tensor> looks;
  for (const TiffPart& part : places_to_look(file, layout)) {
    const at::Tensor samples = read_tiff_samples(file, layout, name, part);
    const int64_t step = part.height == 1 ? std::max<int64_t>(1, part.width / kLookedAtRow) : 1;
    // Copied as signed numbers, which every operation takes.
    const at::Tensor bits = sixteen ? samples.view(at::kShort) : samples;
    looks.push_back(bits.slice(1, 0, part.width, step).reshape({-1, 1, layout.used()}));
  }
  at::Tensor all = at::cat(looks).contiguous();
  if (sixteen) all = all.view(at::kUInt16);
  ReadOptions how = options;
  if (layout.used() == 4) how.range = {ValueRange::Kind::full, 0, 0};  // inks
  return choose_scale(wide_tiff_samples(layout, std::move(all)), how, name);
}

template <typename Kept>
bool is_nan(Kept value) {
  if constexpr (std::is_floating_point_v<Kept>) {
    return std::isnan(value);
  } else {
    return false;
  }
}

template <typename Kept>
void mark_missing(const at::Tensor& samples, int64_t used, Kept no_data, bool* valid) {
  const Kept* in = static_cast<const Kept*>(samples.const_data_ptr());
  const int64_t stored = samples.size(2);
  for (int64_t i = 0; i < samples.size(0) * samples.size(1); ++i, in += stored) {
    const bool missing = std::all_of(
        in, in + used, [no_data](Kept value) { return value == no_data || is_nan(value); });
    valid[i] = valid[i] && !missing;
  }
}

class TiffRows : public PictureRows {
 public:
  TiffRows(const MappedPicture& source, const TiffLayout& layout, const ReadOptions& options)
      : source_(source), name_(source->path().string()), file_(text_of(source)), layout_(layout) {
    // The setting that JPEG-packed colours are read with belongs to the handle.
    (void)read_tiff_layout(file_, name_, unlimited(options));
    check_blocks(file_, layout_, name_);
    if (layout_.kept() != at::kByte) {
      TiffFile other(text_of(source));
      scale_ = scale_of(other, layout_, name_, options);
    }
    stored_ = layout_;
    if (const int alpha = alpha_sample(file_, layout_); alpha >= 0 && layout_.used() < 4) {
      stored_.bands.push_back(alpha);
    }
  }

  Size size() const override { return {layout_.height, layout_.width}; }

  PixelRows next(int64_t count) override {
    at::Tensor samples = read_tiff_samples(file_, stored_, name_, {0, row_, layout_.width, count});
    row_ += count;
    source_->release_pages();
    PixelRows rows;
    rows.valid = valid_pixels(samples);
    if (stored_.used() > layout_.used()) samples = samples.slice(2, 0, layout_.used()).contiguous();
    if (layout_.kept() != at::kByte) {
      samples = to_8_bits(wide_tiff_samples(layout_, std::move(samples)), scale_);
    }
    rows.rgb = tiff_rgb(file_, layout_, samples, name_);
    return rows;
  }

  static ReadOptions unlimited(const ReadOptions& options) {
    ReadOptions all = options;
    all.max_pixels = std::numeric_limits<int64_t>::max();
    all.log = nullptr;
    return all;
  }

 private:
  bool has_alpha() const { return stored_.used() > layout_.used() || layout_.associated_alpha; }

  at::Tensor valid_pixels(const at::Tensor& samples) const {
    const bool floating = layout_.kept() == at::kFloat;
    if (!layout_.no_data && !floating && !has_alpha()) return {};
    at::Tensor valid = has_alpha() && layout_.kept() != at::kUInt16
                           ? samples.select(2, samples.size(2) - 1).ne(0).contiguous()
                           : at::ones({samples.size(0), samples.size(1)}, at::kBool);
    bool* marks = valid.data_ptr<bool>();
    if (has_alpha() && layout_.kept() == at::kUInt16) {
      valid = samples.view(at::kShort).select(2, samples.size(2) - 1).ne(0).contiguous();
      marks = valid.data_ptr<bool>();
    }
    mark_no_data(samples, marks);
    return valid;
  }

  void mark_no_data(const at::Tensor& samples, bool* valid) const {
    const double none = layout_.no_data.value_or(std::nan(""));
    if (layout_.kept() == at::kFloat) {
      return mark_missing(samples, layout_.used(), static_cast<float>(none), valid);
    }
    if (!(none >= 0 && none <= (layout_.kept() == at::kByte ? 255 : 65535))) return;
    if (layout_.kept() == at::kByte) {
      return mark_missing(samples, layout_.used(), static_cast<uint8_t>(none), valid);
    }
    mark_missing(samples, layout_.used(), static_cast<uint16_t>(none), valid);
  }

  MappedPicture source_;
  const std::string name_;
  TiffFile file_;
  TiffLayout layout_, stored_;  ///< what becomes colours; with alpha behind
  ValueScale scale_;
  int64_t row_ = 0;
};

}  // namespace

std::unique_ptr<PictureRows> tiff_rows(const MappedPicture& file, const ReadOptions& options) {
  const std::string name = file->path().string();
  const std::string_view bytes = text_of(file);
  if (bytes.size() > 10 && bytes.substr(8, 2) == "CR") refuse(name, kRawCameraFile);
  const TiffFile tiff(bytes);
  if (tiff.handle() == nullptr) refuse(name, "damaged or truncated TIFF: it has no directory");
  check_tiff_packing(tiff, name);
  ReadOptions told = TiffRows::unlimited(options);
  told.log = options.log;
  const TiffLayout layout = read_tiff_layout(tiff, name, told);
  if (!reads_tiff_samples(layout) || tiff_orientation(tiff) != 1) return nullptr;
  return std::make_unique<TiffRows>(file, layout, options);
}

}  // namespace fcclip::image
