#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/outputs/class_names.h"
#include "fcclip/outputs/outline_writers.h"

namespace fcclip::outputs {

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

// What has to be added to the vocabulary's ids so that none is below 1.
int64_t id_shift(const classify::Vocabulary& vocabulary) {
  int64_t lowest = 1;
  for (const classify::VocabularyClass& c : vocabulary.classes) lowest = std::min(lowest, c.id);
  return 1 - lowest;
}

// One name each: tools match their labels by it, and would ask for a label "cat,kitty".
json outline_categories(const classify::Vocabulary& vocabulary) {
  json categories = coco_categories(vocabulary);
  const int64_t shift = id_shift(vocabulary);
  for (size_t i = 0; i < categories.size(); ++i) {
    categories[i]["id"] = vocabulary.classes[i].id + shift;
    categories[i]["name"] = class_name(vocabulary, static_cast<int64_t>(i));
    categories[i]["supercategory"] = vocabulary.classes[i].is_thing ? "thing" : "stuff";
  }
  return categories;
}

// Readers of whole data sets index "info" (pycocotools' loadRes does) and "licenses".
json with_head(json document) {
  document["info"] = {{"description", "written by fcclip"}};
  document["licenses"] = json::array();
  return document;
}

}  // namespace

json coco_outline_document(const ImageInfo& image, const std::vector<Outline>& outlines,
                           const classify::Vocabulary& vocabulary) {
  json annotations = json::array();
  const int64_t shift = id_shift(vocabulary);
  for (const Outline& outline : outlines) {
    const results::Segment& segment = *outline.segment;
    json rings = json::array();
    for (const Polygon& polygon : outline.polygons) {
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
                           {"category_id", class_at(vocabulary, segment.class_index).id + shift},
                           {"segmentation", std::move(rings)},
                           {"area", segment.area_px},
                           {"bbox", segment.box_xywh_px},
                           {"iscrowd", 0},
                           {"score", segment.score}});
  }
  return with_head({{"images", json::array({coco_image(image)})},
                    {"annotations", std::move(annotations)},
                    {"categories", outline_categories(vocabulary)}});
}

json join_coco_documents(const std::vector<json>& documents) {
  json all = {{"images", json::array()}, {"annotations", json::array()}};
  try {
    for (const json& document : documents) append(all, document);
    all["categories"] = documents.empty() ? json::array() : documents.front().at("categories");
  } catch (const std::exception& error) {
    fail(ErrorCode::bad_format, "COCO document: ", error.what());
  }
  return with_head(std::move(all));
}

}  // namespace fcclip::outputs
