// COCO's annotation files, panoptic and instances, with the masks that they hold.

#include "fcclip/data/coco_index.h"
#include "fcclip/data/truth_masks.h"
#include "fuzz/expect.h"
#include "fuzz/file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fcclip;
  const auto& file = fuzz::file_of(fuzz::text(data, size), ".json");
  fuzz::result_or_error([&] { data::read_panoptic_index(file); });
  return fuzz::result_or_error([&] {
    for (const data::CocoPicture& picture : data::read_instance_index(file).pictures) {
      if (picture.size.height > 1000 || picture.size.width > 1000) continue;
      for (const data::InstanceEntry& entry : picture.instances) {
        fuzz::result_or_error(
            [&] { data::decode_segmentation(entry.segmentation, picture.size, "fuzz"); });
      }
    }
  });
}
