// JPEG with its EXIF and XMP, CMYK and grey.

#include "fuzz/picture.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return fcclip::fuzz::decode_picture(fcclip::fuzz::text(data, size), "\xff\xd8");
}
