#pragma once
// Pixels of a file, or of an array that somebody else made.

#include <memory>
#include <nanobind/ndarray.h>

#include "python/src/bind.h"

namespace fcclip::bind {

/// Any strides that NumPy can have; Python has checked dtype and shape.
using PixelArray = nb::ndarray<const uint8_t, nb::ndim<3>, nb::device::cpu>;

struct PyPicture {
  PictureView view;
  std::optional<Picture> own = {};       ///< decoded
  std::optional<PixelArray> array = {};  ///< borrowed: kept alive, never copied
};

}  // namespace fcclip::bind
