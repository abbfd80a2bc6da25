// EXIF blocks, XMP packets and profiles written as text: never an error.

#include "fcclip/image/orientation.h"
#include "fuzz/expect.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fcclip;
  const std::string_view bytes = fuzz::text(data, size);
  for (const int orientation : {image::exif_orientation(bytes), image::xmp_orientation(bytes),
                                image::exif_orientation(image::raw_profile(bytes))}) {
    if (orientation < 0 || orientation > 8) std::abort();
  }
  return 0;
}
