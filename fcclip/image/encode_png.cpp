#include <csetjmp>
#include <cstring>
#include <png.h>

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/image/image_file.h"
#include "fcclip/io/atomic_file.h"

namespace fcclip::image {
namespace {

/// What libpng's callbacks may touch. They must not let an exception pass through libpng's C code.
struct Sink {
  std::string bytes;
  char message[160] = "out of memory";
};

void on_error(png_structp png, png_const_charp message) {
  auto* sink = static_cast<Sink*>(png_get_error_ptr(png));
  strncpy(sink->message, message, sizeof sink->message - 1);
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

void on_write(png_structp png, png_bytep data, png_size_t size) {
  bool stored = true;
  try {
    static_cast<Sink*>(png_get_io_ptr(png))
        ->bytes.append(reinterpret_cast<const char*>(data), size);
  } catch (const std::exception&) {
    stored = false;
  }
  if (!stored) png_error(png, "out of memory");
}

void on_flush(png_structp) {}

struct Picture {
  png_uint_32 width, height;
  int bit_depth, color_type;
  bool filtered;  ///< photographs compress better with row filters; label maps better and faster
                  ///< without
};

class PngWriter {
 public:
  PngWriter() = default;
  PngWriter(const PngWriter&) = delete;
  PngWriter& operator=(const PngWriter&) = delete;
  ~PngWriter() {
    if (png_ != nullptr) png_destroy_write_struct(&png_, info_ != nullptr ? &info_ : nullptr);
  }

  bool write(const Picture& picture, png_bytepp rows) {
    png_ = png_create_write_struct(PNG_LIBPNG_VER_STRING, &sink_, on_error, on_warning);
    if (png_ == nullptr) return false;
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    info_ = png_create_info_struct(png_);
    if (info_ == nullptr) return false;
    png_set_write_fn(png_, &sink_, on_write, on_flush);
    png_set_user_limits(png_, 0x7fffffff, 0x7fffffff);
    png_set_compression_level(png_, picture.filtered ? 4 : 6);
    png_set_filter(
        png_, PNG_FILTER_TYPE_BASE,
        picture.filtered ? PNG_FILTER_SUB | PNG_FILTER_UP | PNG_FILTER_PAETH : PNG_FILTER_NONE);
    png_set_IHDR(png_, info_, picture.width, picture.height, picture.bit_depth, picture.color_type,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png_, info_);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (picture.bit_depth == 16) png_set_swap(png_);
#endif
    png_write_image(png_, rows);
    png_write_end(png_, info_);
    return true;
  }

  Sink& sink() {
    return sink_;
  }

 private:
  Sink sink_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

[[noreturn]] void refuse_pixels(const at::Tensor& pixels) {
  fail(ErrorCode::shape_mismatch, "pixels of a PNG are ",
       pixels.defined() ? shape_string(pixels.sizes()) : "undefined",
       ", expected [H, W, 3] uint8, or [H, W] uint8 or int32, with at least one pixel");
}

/// Grey values as bytes or, when some do not fit, as 16 bits.
at::Tensor narrowed(const at::Tensor& grey) {
  if (grey.scalar_type() == at::kByte) return grey;
  const int64_t lowest = grey.min().item<int64_t>(), highest = grey.max().item<int64_t>();
  if (lowest < 0 || highest > 65535) {
    fail(ErrorCode::invalid_argument, "a value of ", lowest < 0 ? lowest : highest,
         " does not fit a PNG of 16 bits (0 to 65535)");
  }
  return grey.to(highest > 255 ? at::kUInt16 : at::kByte);
}

bool has_few_values(const at::Tensor& pixels) {
  return pixels.dim() == 2;
}

}  // namespace

std::string encode_png(const at::Tensor& pixels) {
  const bool colour = pixels.defined() && pixels.dim() == 3;
  if (!pixels.defined() || pixels.numel() == 0 || (pixels.dim() != 2 && !colour) ||
      (colour && pixels.size(2) != 3) || (colour && pixels.scalar_type() != at::kByte) ||
      (pixels.scalar_type() != at::kByte && pixels.scalar_type() != at::kInt)) {
    refuse_pixels(pixels);
  }
  const at::Tensor data = (colour ? pixels : narrowed(pixels)).contiguous();
  const int64_t height = data.size(0), width = data.size(1);
  const int64_t row_bytes = width * data.element_size() * (colour ? 3 : 1);
  std::vector<png_bytep> rows(height);
  for (int64_t y = 0; y < height; ++y) {
    rows[y] = static_cast<png_bytep>(data.data_ptr()) + y * row_bytes;
  }
  const Picture picture{static_cast<png_uint_32>(width), static_cast<png_uint_32>(height),
                        data.element_size() == 2 ? 16 : 8,
                        colour ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY, !has_few_values(data)};
  PngWriter writer;
  if (!writer.write(picture, rows.data())) {
    fail(ErrorCode::io_failure, "cannot encode a PNG of ", width, " x ", height, ": ",
         writer.sink().message);
  }
  return std::move(writer.sink().bytes);
}

void write_png(const std::filesystem::path& path, const at::Tensor& pixels) {
  io::write_atomically(path, encode_png(pixels));
}

}  // namespace fcclip::image
