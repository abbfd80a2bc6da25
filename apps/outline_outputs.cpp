#include "apps/outline_outputs.h"

#include <ATen/ATen.h>

#include "apps/json_text.h"
#include "apps/segment_masks.h"
#include "fcclip/image/geo_tiff.h"
#include "fcclip/outputs/contours.h"
#include "fcclip/outputs/outline_writers.h"

namespace fcclip::apps {
namespace {

namespace fs = std::filesystem;

void shift(outputs::Ring& ring, double x, double y) {
  for (outputs::Point& p : ring) {
    p.x += x;
    p.y += y;
  }
}

std::vector<outputs::OutlinedSegment> outlines(const Segmentation& result, double tolerance_px) {
  std::vector<outputs::OutlinedSegment> segments;
  for (const Segment& segment : result.segments) {
    outputs::OutlinedSegment out{segment.id,         segment.class_index, segment.is_thing,
                                 segment.score,      segment.area_px,     {},
                                 segment.box_xywh_px};
    out.polygons = outputs::mask_polygons(mask_in_box(segment, result), tolerance_px);
    const auto x = static_cast<double>(segment.box_xywh_px[0]);
    const auto y = static_cast<double>(segment.box_xywh_px[1]);
    for (outputs::Polygon& polygon : out.polygons) {
      shift(polygon.outer, x, y);
      for (outputs::Ring& hole : polygon.holes) shift(hole, x, y);
    }
    segments.push_back(std::move(out));
  }
  return segments;
}

}  // namespace

std::string labelme_file(const fs::path& path, const Answer& answer, const Segmentation& result) {
  // labelme looks for the picture from where its file lies.
  std::string picture = answer.image_name;
  if (!answer.picture.empty()) {
    picture = fs::proximate(fs::absolute(answer.picture), fs::absolute(path).parent_path());
  }
  return json_text(outputs::labelme_json({1, picture, result.size},
                                         outlines(result, answer.tolerance_px), answer.vocabulary));
}

std::string yolo_file(const Answer& answer, const Segmentation& result) {
  return outputs::yolo_text(result.size, outlines(result, answer.tolerance_px));
}

std::string geojson_file(const Answer& answer, const Segmentation& result) {
  outputs::GeoJsonOptions options;
  if (!answer.picture.empty()) {
    if (const auto place = image::read_geo_reference(answer.picture)) {
      options = {place->transform, place->crs()};
      const std::string caution = place->caution();
      if (answer.log && !caution.empty())
        answer.log(LogLevel::warning, answer.picture.string() + ": " + caution);
    }
  }
  return json_text(outputs::geojson({1, answer.image_name, result.size},
                                    outlines(result, answer.tolerance_px), answer.vocabulary,
                                    options));
}

std::string coco_file(const Answer& answer, const Segmentation& result) {
  const fs::path name = answer.folder / answer.image_name;
  return json_text(outputs::coco_outline_document({1, name.generic_string(), result.size},
                                                  outlines(result, answer.tolerance_px),
                                                  answer.vocabulary));
}

}  // namespace fcclip::apps
