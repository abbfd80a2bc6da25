// Picture files of the public face.

#include <ATen/ATen.h>

#include "fcclip/api/pixels.h"
#include "fcclip/core/boundary.h"
#include "fcclip/fcclip.h"
#include "fcclip/image/image_file.h"

namespace fcclip {
inline namespace v1 {
namespace {

image::ReadOptions own(const ReadOptions& options) {
  if (options.max_pixels < 1 || options.max_pixels > image::largest_picture()) {
    fail(ErrorCode::invalid_argument, "max_pixels is ", options.max_pixels, "; expected 1 to ",
         image::largest_picture());
  }
  image::ReadOptions out;
  out.max_pixels = options.max_pixels;
  out.log = options.log;
  return out;
}

}  // namespace

Picture read_picture(const std::string& path, const ReadOptions& options) {
  return translating_errors([&] { return picture_of(image::read_rgb(path, own(options))); });
}

Picture decode_picture(std::string_view bytes, const std::string& name,
                       const ReadOptions& options) {
  return translating_errors(
      [&] { return picture_of(image::decode_rgb(bytes, name, own(options))); });
}

std::string encode_png(const PictureView& picture) {
  return translating_errors([&] { return image::encode_png(rgb_tensor(picture)); });
}

std::string encode_jpeg(const PictureView& picture, int quality) {
  return translating_errors([&] { return image::encode_jpeg(rgb_tensor(picture), quality); });
}

}  // namespace v1
}  // namespace fcclip
