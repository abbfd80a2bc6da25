#include <map>

#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/results/class_names.h"
#include "fcclip/results/outline_writers.h"

namespace fcclip::results {

using nlohmann::json;

namespace {

// Adds b's images and annotations behind a's.
void append(json& a, const json& b) {
  std::map<int64_t, int64_t> image_ids;
  for (json image : b.at("images")) {
    const int64_t id = std::ssize(a["images"]) + 1;
    image_ids[image.at("id").get<int64_t>()] = id;
    image["id"] = id;
    a["images"].push_back(std::move(image));
  }
  for (json annotation : b.at("annotations")) {
    annotation["image_id"] = image_ids.at(annotation.at("image_id").get<int64_t>());
    annotation["id"] = a["annotations"].size() + 1;
    a["annotations"].push_back(std::move(annotation));
  }
}

}  // namespace

json coco_outline_document(const ImageInfo& image, const std::vector<OutlinedSegment>& segments,
                           const classify::Vocabulary& vocabulary) {
  json annotations = json::array();
  for (const OutlinedSegment& segment : segments) {
    json rings = json::array();
    for (const Polygon& polygon : segment.polygons) {
      json ring = json::array();
      for (const Point& p : single_ring({polygon})) {
        ring.push_back(p.x);
        ring.push_back(p.y);
      }
      if (ring.size() >= 6) rings.push_back(std::move(ring));
    }
    if (rings.empty()) continue;
    annotations.push_back({{"id", annotations.size() + 1},
                           {"image_id", image.id},
                           {"category_id", class_at(vocabulary, segment.class_index).id},
                           {"segmentation", std::move(rings)},
                           {"area", segment.area_px},
                           {"bbox", segment.box_xywh_px},
                           {"iscrowd", 0},
                           {"score", segment.score}});
  }
  return {{"images", json::array({coco_image(image)})},
          {"annotations", std::move(annotations)},
          {"categories", coco_categories(vocabulary)}};
}

json join_coco_documents(const std::vector<json>& documents) {
  json all = {{"images", json::array()}, {"annotations", json::array()}};
  try {
    for (const json& document : documents) append(all, document);
    all["categories"] = documents.empty() ? json::array() : documents.front().at("categories");
  } catch (const std::exception& error) {
    fail(ErrorCode::bad_format, "COCO document: ", error.what());
  }
  return all;
}

}  // namespace fcclip::results
