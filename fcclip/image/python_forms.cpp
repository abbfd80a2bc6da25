#include "fcclip/image/python_forms.h"

#include <opencv2/imgproc.hpp>

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/image/codec.h"
#include "fcclip/image/image_file.h"
#include "fcclip/io/atomic_file.h"

namespace fcclip::image {
namespace {

at::Tensor resized(const at::Tensor& pixels, Size size, int cv_type, int method) {
  if (size.height < 1 || size.width < 1) {
    fail(ErrorCode::invalid_argument, "cannot resize to ", size.height, " x ", size.width);
  }
  const at::Tensor source = pixels.contiguous();
  std::vector<int64_t> shape = pixels.sizes().vec();
  shape[0] = size.height;
  shape[1] = size.width;
  at::Tensor out = at::empty(shape, pixels.options());
  const cv::Mat from(static_cast<int>(source.size(0)), static_cast<int>(source.size(1)), cv_type,
                     source.data_ptr());
  cv::Mat to(static_cast<int>(size.height), static_cast<int>(size.width), cv_type, out.data_ptr());
  cv::resize(from, to, to.size(), 0, 0, method);
  return out;
}

at::Tensor converted(const at::Tensor& pixels, int code) {
  check_shape("pixels to convert", pixels, {kAny, kAny, 3});
  check_dtype("pixels to convert", pixels, at::kByte);
  const at::Tensor source = pixels.contiguous();
  at::Tensor out = at::empty_like(source);
  if (source.numel() == 0) return out;
  const int height = static_cast<int>(source.size(0)), width = static_cast<int>(source.size(1));
  const cv::Mat from(height, width, CV_8UC3, source.data_ptr());
  cv::Mat to(height, width, CV_8UC3, out.data_ptr());
  cv::cvtColor(from, to, code);
  return out;
}

}  // namespace

at::Tensor opencv_hsv(const at::Tensor& rgb) {
  return converted(rgb, cv::COLOR_RGB2HSV);
}

at::Tensor opencv_rgb(const at::Tensor& hsv) {
  return converted(hsv, cv::COLOR_HSV2RGB);
}

at::Tensor read_unturned_jpeg(const std::filesystem::path& path) {
  const std::string bytes = io::read_file(path);
  if (!bytes.starts_with("\xFF\xD8\xFF")) {
    refuse(path.string(), "no JPEG; it looks like ", describe_bytes(bytes));
  }
  return decode_jpeg(bytes, path.string(), {}).rgb;
}

at::Tensor opencv_linear(const at::Tensor& pixels, Size size) {
  check_shape("pixels to resize", pixels, {kAny, kAny, 3});
  check_dtype("pixels to resize", pixels, at::kByte);
  return resized(pixels, size, CV_8UC3, cv::INTER_LINEAR);
}

at::Tensor opencv_nearest(const at::Tensor& map, Size size) {
  check_shape("map to resize", map, {kAny, kAny});
  check_dtype("map to resize", map, at::kInt);
  return resized(map, size, CV_32SC1, cv::INTER_NEAREST);
}

}  // namespace fcclip::image
