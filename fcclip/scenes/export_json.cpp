#include "fcclip/scenes/export_json.h"

#include <algorithm>
#include <unordered_map>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "fcclip/outputs/coco_json.h"

namespace fcclip::scenes {
namespace {

using nlohmann::json;

struct Extent {
  int64_t left = INT64_MAX, top = INT64_MAX, right = -1, bottom = -1, area_px = 0;
  void add(int64_t x, int64_t y) {
    left = std::min(left, x);
    right = std::max(right, x);
    top = std::min(top, y);
    bottom = std::max(bottom, y);
    ++area_px;
  }
  json box() const { return {left, top, right - left + 1, bottom - top + 1}; }
};

std::vector<Extent> extents_of(const data::Sample& sample) {
  std::vector<Extent> extents(sample.segments.size());
  std::unordered_map<int64_t, size_t> position;
  for (const data::TruthSegment& segment : sample.segments) {
    position.emplace(segment.id, position.size());
  }
  const int32_t* id = sample.ids.const_data_ptr<int32_t>();
  for (int64_t y = 0; y < sample.ids.size(0); ++y) {
    for (int64_t x = 0; x < sample.ids.size(1); ++x, ++id) {
      if (*id > 0) extents[position.at(*id)].add(x, y);
    }
  }
  return extents;
}

}  // namespace

json segments_info(const SceneDataset::Placed& placed, const World& world) {
  const std::vector<Extent> extents = extents_of(placed.sample);
  json list = json::array();
  for (size_t k = 0; k < extents.size(); ++k) {
    const data::TruthSegment& segment = placed.sample.segments[k];
    const classify::VocabularyClass& item = world.vocabulary().classes[segment.class_index];
    list.push_back({{"id", segment.id},
                    {"category_id", item.id},
                    {"area", extents[k].area_px},
                    {"bbox", extents[k].box()},
                    {"iscrowd", 0},
                    {"isthing", item.is_thing ? 1 : 0},
                    {"picture", placed.pictures[k]->id}});
  }
  return list;
}

json categories_of(const World& world) {
  json categories = outputs::coco_categories(world.vocabulary());
  for (size_t k = 0; k < categories.size(); ++k) {
    categories[k]["seen"] = world.concepts()[k].is_seen ? 1 : 0;
    categories[k]["supercategory"] = world.concepts()[k].group;
  }
  return categories;
}

}  // namespace fcclip::scenes
