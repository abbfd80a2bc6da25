#include "fcclip/api/pixels.h"

#include <ATen/ATen.h>

#include "fcclip/core/boundary.h"

namespace fcclip {
inline namespace v1 {
namespace {

int64_t channels_of(PixelOrder order) {
  switch (order) {
    case PixelOrder::grey:
      return 1;
    case PixelOrder::rgba:
    case PixelOrder::bgra:
      return 4;
    case PixelOrder::rgb:
    case PixelOrder::bgr:
      break;
  }
  return 3;
}

void check_view(const PictureView& view, int64_t channels) {
  if (view.data == nullptr || view.height < 1 || view.width < 1) {
    fail(ErrorCode::invalid_argument, "a picture of ", view.width, " x ", view.height,
         view.data == nullptr ? " pixels without data" : " pixels", "; it needs at least 1 x 1");
  }
  const int64_t row = view.width * channels;
  if (view.stride != 0 && view.stride < row) {
    fail(ErrorCode::invalid_argument, "a picture's rows are ", row, " bytes, but its stride is ",
         view.stride);
  }
}

}  // namespace

int64_t Picture::height() const {
  return pixels_->rgb.size(0);
}

int64_t Picture::width() const {
  return pixels_->rgb.size(1);
}

PictureView Picture::view() const {
  return {pixels_->rgb.const_data_ptr<uint8_t>(), height(), width(), 0, PixelOrder::rgb};
}

Picture picture_of(const at::Tensor& rgb) {
  return Picture(std::make_shared<const Picture::Pixels>(Picture::Pixels{rgb.contiguous()}));
}

at::Tensor rgb_tensor(const PictureView& view) {
  const int64_t channels = channels_of(view.order);
  check_view(view, channels);
  const int64_t stride = view.stride == 0 ? view.width * channels : view.stride;
  const at::Tensor pixels =
      at::from_blob(const_cast<uint8_t*>(view.data), {view.height, view.width, channels},
                    {stride, channels, 1}, at::kByte);
  switch (view.order) {
    case PixelOrder::grey:
      return pixels.expand({view.height, view.width, 3}).contiguous();
    case PixelOrder::bgr:
    case PixelOrder::bgra:
      return pixels.slice(2, 0, 3).flip(2);
    case PixelOrder::rgb:
    case PixelOrder::rgba:
      break;
  }
  return pixels.slice(2, 0, 3).contiguous();
}

Picture copy_picture(const PictureView& picture) {
  return translating_errors([&] { return picture_of(rgb_tensor(picture).clone()); });
}

}  // namespace v1
}  // namespace fcclip
