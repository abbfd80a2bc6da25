#include <cstdlib>

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/image/image_file.h"
#include "fcclip/image/jpeg_errors.h"
#include "fcclip/image/python_forms.h"
#include "fcclip/io/atomic_file.h"

namespace fcclip::image {
namespace {

class JpegWriter {
 public:
  JpegWriter() { info_.err = trap(errors_); }
  JpegWriter(const JpegWriter&) = delete;
  JpegWriter& operator=(const JpegWriter&) = delete;
  ~JpegWriter() {
    if (created_) jpeg_destroy_compress(&info_);
    free(bytes_);
  }

  bool write(const at::Tensor& pixels, int quality, bool halved_colour) {
    const auto* rgb = pixels.const_data_ptr<uint8_t>();
    const int64_t height = pixels.size(0), width = pixels.size(1);
    if (setjmp(errors_.jump) != 0) return false;
    jpeg_create_compress(&info_);
    created_ = true;
    jpeg_mem_dest(&info_, &bytes_, &size_);
    info_.image_width = static_cast<JDIMENSION>(width);
    info_.image_height = static_cast<JDIMENSION>(height);
    info_.input_components = 3;
    info_.in_color_space = JCS_RGB;
    jpeg_set_defaults(&info_);
    jpeg_set_quality(&info_, quality, TRUE);
    for (int c = 0; c < 3 && !halved_colour; ++c)
      info_.comp_info[c].h_samp_factor = info_.comp_info[c].v_samp_factor = 1;
    jpeg_start_compress(&info_, TRUE);
    while (info_.next_scanline < info_.image_height) {
      JSAMPROW row[1] = {const_cast<JSAMPROW>(rgb + int64_t{info_.next_scanline} * width * 3)};
      jpeg_write_scanlines(&info_, row, 1);
    }
    jpeg_finish_compress(&info_);
    return true;
  }

  std::string bytes() const { return {reinterpret_cast<const char*>(bytes_), size_}; }
  const char* message() const { return errors_.message; }

 private:
  jpeg_compress_struct info_ = {};
  JpegErrors errors_;
  bool created_ = false;
  unsigned char* bytes_ = nullptr;
  unsigned long size_ = 0;
};

std::string encode(const at::Tensor& rgb, int quality, bool halved_colour) {
  check_shape("pixels of a JPEG", rgb, {kAny, kAny, 3});
  check_dtype("pixels of a JPEG", rgb, at::kByte);
  const int64_t height = rgb.size(0), width = rgb.size(1);
  if (height < 1 || width < 1 || height > 65500 || width > 65500) {
    fail(ErrorCode::invalid_argument, "a JPEG cannot hold ", width, " x ", height,
         " pixels; sides are 1 to 65500 (write a PNG instead)");
  }
  if (quality < 1 || quality > 100) {
    fail(ErrorCode::invalid_argument, "JPEG quality is ", quality, ", expected 1 to 100");
  }
  JpegWriter writer;
  if (!writer.write(rgb.contiguous(), quality, halved_colour)) {
    fail(ErrorCode::io_failure, "cannot encode a JPEG of ", width, " x ", height, ": ",
         writer.message());
  }
  return writer.bytes();
}

}  // namespace

std::string encode_jpeg(const at::Tensor& rgb, int quality) {
  return encode(rgb, quality, false);
}

std::string encode_pillow_jpeg(const at::Tensor& rgb) {
  return encode(rgb, 75, true);
}

void write_jpeg(const std::filesystem::path& path, const at::Tensor& rgb, int quality) {
  io::write_atomically(path, encode_jpeg(rgb, quality));
}

}  // namespace fcclip::image
