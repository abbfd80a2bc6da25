// TIFF: layouts and samples, and the tags and keys that make a GeoTIFF.

#include "fcclip/image/geo_tiff.h"
#include "fcclip/image/label_file.h"
#include "fuzz/file.h"
#include "fuzz/picture.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fcclip;
  const std::string_view bytes = fuzz::text(data, size);
  if (!bytes.starts_with("II") && !bytes.starts_with("MM")) return -1;
  fuzz::decode_picture(bytes, "");
  fuzz::result_or_error([&] {
    if (const auto place = image::decode_geo_reference(bytes, "fuzz")) place->crs();
  });
  return fuzz::result_or_error([&] { image::read_label_map(fuzz::file_of(bytes, ".tif")); });
}
