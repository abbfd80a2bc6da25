#pragma once
// A fuzzer has no time for large pictures.

#include "fcclip/image/read_options.h"

namespace fcclip::fuzz {

inline const bool kSmallPictures = [] {
  image::limit_pictures(int64_t{1} << 18);
  return true;
}();

}  // namespace fcclip::fuzz
