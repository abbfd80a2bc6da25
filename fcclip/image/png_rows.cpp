#include <ATen/ATen.h>

#include "fcclip/image/codec.h"
#include "fcclip/image/orientation.h"
#include "fcclip/image/png_reader.h"
#include "fcclip/image/row_readers.h"
#include "fcclip/image/wide_samples.h"

namespace fcclip::image {
namespace {

constexpr int64_t kLookedAtRows = 256;

class PngPicture : public PictureRows {
 public:
  PngPicture(MappedPicture file, const ReadOptions& options)
      : file_(std::move(file)), name_(file_->path().string()), reader_(text_of(file_)) {
    if (!reader_.read_header(&header_)) refuse_rows(reader_);
    check_extent(name_, header_.width, header_.height, std::numeric_limits<int64_t>::max());
    check_length();
    if (!in_rows()) return;
    if (header_.bit_depth == 16) scale_ = look(options);
    ask(reader_);
  }

  // An interlaced picture is there as a whole or not at all. What turns a picture may also stand
  // behind the pixels or in forms of older programs; that is seen only where it is decoded whole.
  bool in_rows() { return header_.interlace == PNG_INTERLACE_NONE && is_upright(); }
  Size size() const override { return {header_.height, header_.width}; }

  PixelRows next(int64_t count) override {
    const bool wide = header_.bit_depth == 16;
    at::Tensor rows =
        wide ? read_wide(reader_, count) : at::empty({count, header_.width, 3}, at::kByte);
    if (!wide) read(reader_, rows.data_ptr<uint8_t>(), count, int64_t{header_.width} * 3);
    file_->release_pages();
    if (wide) rows = to_8_bits(samples(std::move(rows)), scale_);
    if (rows.size(2) == 1) rows = rows.expand({count, header_.width, 3}).contiguous();
    return {rows, {}};
  }

 private:
  [[noreturn]] void refuse_rows(const PngReader& reader) const {
    refuse(name_, reader.truncated() ? "truncated PNG: the file ends too early"
                                     : "damaged PNG: its data cannot be decoded");
  }

  // Deflate packs at most 1032 bytes into one, so a small file with a huge header is told here.
  void check_length() const {
    const double bits = static_cast<double>(header_.width) * header_.bit_depth * header_.height;
    const size_t bytes = file_->bytes().size();
    if (static_cast<double>(bytes) * 1032 >= bits / 8) return;
    refuse(name_, "truncated PNG: ", bytes, " bytes cannot hold ", header_.width, " x ",
           header_.height, " pixels");
  }

  bool is_upright() { return exif_orientation(reader_.exif()) <= 1; }

  int64_t channels() const { return (header_.color_type & PNG_COLOR_MASK_COLOR) != 0 ? 3 : 1; }

  void ask(PngReader& reader) const {
    const bool wide = header_.bit_depth == 16;
    const size_t expected =
        size_t{header_.width} * (wide ? 2 * static_cast<size_t>(channels()) : 3);
    if (!(wide ? reader.as_stored() : reader.as_rgb8())) refuse_rows(reader);
    if (reader.row_bytes() != expected) refuse(name_, "damaged PNG: unexpected row length");
  }

  void read(PngReader& reader, uint8_t* rows, int64_t count, int64_t row_bytes) const {
    for (int64_t y = 0; y < count; ++y) {
      if (!reader.read_row(rows + y * row_bytes)) refuse_rows(reader);
    }
  }

  at::Tensor read_wide(PngReader& reader, int64_t count) const {
    at::Tensor rows = at::empty({count, header_.width, channels()}, at::kUInt16);
    read(reader, static_cast<uint8_t*>(rows.data_ptr()), count, header_.width * 2 * channels());
    return rows;
  }

  static WideSamples samples(at::Tensor values) {
    WideSamples wide;
    wide.kind = "16-bit";
    wide.values = std::move(values);
    return wide;
  }

  // Goes over the whole file once, since it is packed as one.
  ValueScale look(const ReadOptions& options) const {
    PngReader reader(text_of(file_));
    PngReader::Header header;
    if (!reader.read_header(&header)) refuse_rows(reader);
    ask(reader);
    const int64_t step = std::max<int64_t>(1, header_.height / kLookedAtRows);
    std::vector<at::Tensor> looks;
    for (int64_t y = 0; y < header_.height; ++y) {
      const at::Tensor row = read_wide(reader, 1);
      if (y % step == 0) looks.push_back(row.view(at::kShort));
      if (y % 1024 == 0) file_->release_pages();
    }
    return choose_scale(samples(at::cat(looks).view(at::kUInt16)), options, name_);
  }

  MappedPicture file_;
  const std::string name_;
  PngReader reader_;
  PngReader::Header header_;
  ValueScale scale_;
};

}  // namespace

std::unique_ptr<PictureRows> png_rows(const MappedPicture& file, const ReadOptions& options) {
  auto rows = std::make_unique<PngPicture>(file, options);
  return rows->in_rows() ? std::move(rows) : nullptr;
}

}  // namespace fcclip::image
