#include "fcclip/image/read_options.h"

namespace fcclip::image {
namespace {

int64_t largest = int64_t{1} << 29;

}  // namespace

int64_t largest_picture() {
  return largest;
}

void limit_pictures(int64_t pixels) {
  largest = pixels;
}

}  // namespace fcclip::image
