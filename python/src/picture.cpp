#include "python/src/picture.h"

#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>

#include "python/src/interrupt.h"

namespace fcclip::bind {
namespace {

PyPicture owned(Picture picture) {
  PyPicture out{picture.view()};
  out.own = std::move(picture);
  return out;
}

PixelOrder order_of(size_t channels, bool bgr) {
  if (channels == 1) return PixelOrder::grey;
  if (channels == 3) return bgr ? PixelOrder::bgr : PixelOrder::rgb;
  if (channels == 4) return bgr ? PixelOrder::bgra : PixelOrder::rgba;
  fail(ErrorCode::shape_mismatch, channels, " channels; expected 1, 3 or 4");
}

PyPicture borrowed(PixelArray array, bool bgr) {
  PyPicture out;
  const auto channels = static_cast<int64_t>(array.shape(2));
  const bool one_row = array.shape(0) == 1;  // whose stride says nothing
  out.view = {array.data(), static_cast<int64_t>(array.shape(0)),
              static_cast<int64_t>(array.shape(1)), one_row ? 0 : array.stride(0),
              order_of(array.shape(2), bgr)};
  const bool packed = (array.shape(2) == 1 || array.stride(2) == 1) &&
                      (array.shape(1) == 1 || array.stride(1) == channels);
  if (!packed) fail(ErrorCode::shape_mismatch, "pixels with gaps; use numpy.ascontiguousarray");
  out.array = std::move(array);
  return out;
}

using Rgb = nb::ndarray<nb::numpy, const uint8_t, nb::ndim<3>>;

// A view of the pixels where they are red, green, blue; else (grey, alpha, BGR) a copy.
Rgb rgb_of(nb::pointer_and_handle<PyPicture> self) {
  const PictureView& view = self.p->view;
  const size_t shape[] = {static_cast<size_t>(view.height), static_cast<size_t>(view.width), 3};
  if (view.order == PixelOrder::rgb) {
    const int64_t strides[] = {view.stride == 0 ? view.width * 3 : view.stride, 3, 1};
    return {view.data, 3, shape, self.h, strides};
  }
  auto* const copy = new Picture(copy_picture(view));
  const nb::capsule owner(copy, [](void* at) noexcept { delete static_cast<Picture*>(at); });
  return {copy->view().data, 3, shape, owner};
}

}  // namespace

void add_picture(nb::module_& module) {
  nb::class_<PyPicture>(module, "Picture", "Pixels, 8 bits a channel, the upper left one first.")
      .def_static(
          "read",
          [](const nb::bytes& path) {
            const std::string file = path_of(path);
            return released([&] { return owned(read_picture(file)); });
          },
          nb::arg("path"))
      .def_static(
          "decode",
          [](const nb::bytes& data, const std::string& name) {
            const std::string_view view(data.c_str(), data.size());
            return released([&] { return owned(decode_picture(view, name)); });
          },
          nb::arg("data"), nb::arg("name"))
      .def_static("of_array", &borrowed, nb::arg("array"), nb::arg("bgr"))
      .def_prop_ro(
          "size",
          [](const PyPicture& self) { return std::pair(self.view.height, self.view.width); })
      .def("rgb", &rgb_of)
      .def("png",
           [](const PyPicture& self) {
             return bytes_of(released([&] { return encode_png(self.view); }));
           })
      .def(
          "jpeg",
          [](const PyPicture& self, int quality) {
            return bytes_of(released([&] { return encode_jpeg(self.view, quality); }));
          },
          nb::arg("quality"));
}

}  // namespace fcclip::bind
