#include <algorithm>

#include <ATen/ATen.h>

#include "fcclip/core/error.h"
#include "fcclip/data/file_table.h"
#include "fcclip/data/truth_masks.h"
#include "fcclip/eval/score_files.h"
#include "fcclip/image/label_file.h"

namespace fcclip::eval {
namespace {

namespace fs = std::filesystem;

InstanceTruth thing_of(const MapSegment& segment, const at::Tensor& ids, const fs::path& png) {
  InstanceTruth truth;
  truth.class_index = segment.class_index;
  truth.is_crowd = segment.is_crowd;
  truth.mask = results::from_mask(ids.eq(segment.id));
  const int64_t area = results::area(truth.mask);
  if (area == 0)
    fail(ErrorCode::bad_format, png.string(), ": no pixel has segment id ", segment.id);
  truth.area_px = static_cast<double>(area);
  truth.box_xywh_px = data::box_of_mask(truth.mask);
  return truth;
}

}  // namespace

InstanceFile read_things_of_panoptic(const fs::path& json, const fs::path& pngs) {
  InstanceFile out;
  PanopticFile file = read_panoptic_file(json, out.table);
  std::sort(file.entries.begin(), file.entries.end(),
            [](const PanopticEntry& a, const PanopticEntry& b) {
              return id_comes_before(a.image_id, b.image_id);
            });
  for (const PanopticEntry& entry : file.entries) {
    const fs::path png = data::file_below(pngs, entry.png);
    const at::Tensor ids = image::read_id_map(png);
    InstanceImage picture{entry.image_id, {ids.size(0), ids.size(1)}, {}};
    for (const MapSegment& segment : entry.segments) {
      if (!out.table.categories[segment.class_index].is_thing) continue;
      picture.truths.push_back(thing_of(segment, ids, png));
    }
    out.positions.add(entry.image_id, out.images.size());
    out.images.push_back(std::move(picture));
  }
  out.remarks = std::move(file.remarks);
  return out;
}

}  // namespace fcclip::eval
