#include "fcclip/outputs/coco_json.h"

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "fcclip/core/check.h"
#include "fcclip/outputs/class_names.h"
#include "fcclip/results/rle_polygon.h"

namespace fcclip::outputs {

using nlohmann::json;

namespace {

json coco_instance(const ImageInfo& image, const results::Segment& instance,
                   const classify::Vocabulary& vocabulary) {
  const std::string counts = results::to_string({image.size, instance.rle_counts});
  return {{"image_id", image.id},
          {"category_id", class_at(vocabulary, instance.class_index).id},
          {"bbox", instance.box_xywh_px},
          {"score", instance.score},
          {"segmentation", {{"size", {image.size.height, image.size.width}}, {"counts", counts}}}};
}

}  // namespace

json coco_categories(const classify::Vocabulary& vocabulary) {
  json categories = json::array();
  for (const classify::VocabularyClass& c : vocabulary.classes) {
    std::string name;
    for (const std::string& synonym : c.synonyms) name += (name.empty() ? "" : ",") + synonym;
    json category = {{"id", c.id}, {"name", name}, {"isthing", c.is_thing ? 1 : 0}};
    if (c.colour_rgb) category["color"] = *c.colour_rgb;
    categories.push_back(std::move(category));
  }
  return categories;
}

json coco_image(const ImageInfo& image) {
  return {{"id", image.id},
          {"file_name", image.file_name},
          {"height", image.size.height},
          {"width", image.size.width}};
}

json coco_panoptic_annotation(const ImageInfo& image, const std::string& png_name,
                              const std::vector<results::Segment>& segments,
                              const classify::Vocabulary& vocabulary) {
  json infos = json::array();
  for (const results::Segment& segment : segments) {
    infos.push_back({{"id", segment.id},
                     {"category_id", class_at(vocabulary, segment.class_index).id},
                     {"area", segment.area_px},
                     {"bbox", segment.box_xywh_px},
                     {"iscrowd", 0},
                     {"isthing", segment.is_thing ? 1 : 0},
                     {"score", segment.score}});
  }
  return {{"image_id", image.id}, {"file_name", png_name}, {"segments_info", std::move(infos)}};
}

json coco_panoptic_document(const std::vector<ImageInfo>& images,
                            const std::vector<json>& annotations,
                            const classify::Vocabulary& vocabulary) {
  json list = json::array();
  for (const ImageInfo& image : images) list.push_back(coco_image(image));
  return {{"images", std::move(list)},
          {"annotations", annotations},
          {"categories", coco_categories(vocabulary)}};
}

json coco_instance_results(const ImageInfo& image, const std::vector<results::Segment>& instances,
                           const classify::Vocabulary& vocabulary) {
  json found = json::array();
  for (const results::Segment& instance : instances) {
    if (instance.area_px > 0) found.push_back(coco_instance(image, instance, vocabulary));
  }
  return found;
}

}  // namespace fcclip::outputs
