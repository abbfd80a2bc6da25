#include "fcclip/image/picture_rows.h"

#include <algorithm>
#include <limits>

#include <ATen/ATen.h>

#include "fcclip/core/error.h"
#include "fcclip/image/codec.h"
#include "fcclip/image/file_kind.h"
#include "fcclip/image/image_file.h"
#include "fcclip/image/jpeg_rows.h"
#include "fcclip/image/png_reader.h"
#include "fcclip/image/row_readers.h"
#include "fcclip/image/tiff_file.h"

namespace fcclip::image {
namespace {

class WholePicture : public PictureRows {
 public:
  explicit WholePicture(at::Tensor rgb) : rgb_(std::move(rgb)) {}
  Size size() const override { return {rgb_.size(0), rgb_.size(1)}; }
  PixelRows next(int64_t count) override {
    row_ += count;
    return {rgb_.slice(0, row_ - count, row_), {}};
  }

 private:
  at::Tensor rgb_;
  int64_t row_ = 0;
};

class JpegPicture : public PictureRows {
 public:
  JpegPicture(MappedPicture file, const ReadOptions& options)
      : file_(std::move(file)), rows_(text_of(file_), file_->path().string(), options) {}
  bool in_rows() const { return !rows_.kept_whole() && rows_.orientation() == 1; }
  Size size() const override { return {rows_.height(), rows_.width()}; }
  PixelRows next(int64_t count) override {
    at::Tensor rgb = at::empty({count, rows_.width(), 3}, at::kByte);
    for (int64_t y = 0; y < count; ++y) {
      rows_.read(rgb.data_ptr<uint8_t>() + y * rows_.width() * 3);
    }
    file_->release_pages();
    return {rgb, {}};
  }

 private:
  MappedPicture file_;
  JpegRows rows_;
};

ReadOptions of_any_size(const ReadOptions& options) {
  ReadOptions all = options;
  all.max_pixels = std::numeric_limits<int64_t>::max();
  return all;
}

std::unique_ptr<PictureRows> in_rows(const MappedPicture& file, const ReadOptions& options) {
  switch (picture_kind(text_of(file))) {
    case PictureKind::tiff:
      return tiff_rows(file, options);
    case PictureKind::jpeg:
      return jpeg_rows(file, options);
    case PictureKind::png:
      return png_rows(file, options);
    default:
      return nullptr;
  }
}

}  // namespace

std::unique_ptr<PictureRows> jpeg_rows(const MappedPicture& file, const ReadOptions& options) {
  auto rows = std::make_unique<JpegPicture>(file, of_any_size(options));
  return rows->in_rows() ? std::move(rows) : nullptr;
}

std::unique_ptr<PictureRows> open_rows(const std::filesystem::path& path,
                                       const ReadOptions& options) {
  const MappedPicture file = io::MappedFile::open(path);
  if (auto rows = in_rows(file, options)) return rows;
  return std::make_unique<WholePicture>(read_rgb(path, options));
}

std::optional<Size> header_size(const std::filesystem::path& path) {
  try {
    const MappedPicture file = io::MappedFile::open(path);
    const std::string_view bytes = text_of(file);
    switch (picture_kind(bytes)) {
      case PictureKind::tiff: {
        const TiffFile tiff(bytes);
        if (tiff.handle() == nullptr) return std::nullopt;
        return Size{tiff.field<uint32_t>(TIFFTAG_IMAGELENGTH, 0),
                    tiff.field<uint32_t>(TIFFTAG_IMAGEWIDTH, 0)};
      }
      case PictureKind::jpeg: {
        const JpegRows jpeg(bytes, path.string(), of_any_size({}));
        return Size{jpeg.height(), jpeg.width()};
      }
      case PictureKind::png: {
        PngReader reader(bytes);
        PngReader::Header header;
        if (!reader.read_header(&header)) return std::nullopt;
        return Size{header.height, header.width};
      }
      default:
        return std::nullopt;
    }
  } catch (const Error&) {
    return std::nullopt;  // whoever reads it says what is wrong
  }
}

}  // namespace fcclip::image
