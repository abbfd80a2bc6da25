#include "fcclip/results/coco_json.h"

#include <bit>
#include <cstring>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "fcclip/core/check.h"
#include "fcclip/results/class_names.h"
#include "fcclip/results/rle_polygon.h"

namespace fcclip::results {

using nlohmann::json;

namespace {

json coco_instance(const ImageInfo& image, const Instance& instance,
                   const classify::Vocabulary& vocabulary) {
  const std::string counts = to_string({image.size, instance.rle_counts});
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
                              const std::vector<PanopticSegment>& segments,
                              const classify::Vocabulary& vocabulary) {
  json infos = json::array();
  for (const PanopticSegment& segment : segments) {
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

json coco_instance_results(const ImageInfo& image, const std::vector<Instance>& instances,
                           const classify::Vocabulary& vocabulary) {
  json found = json::array();
  for (const Instance& instance : instances) {
    if (instance.area_px > 0) found.push_back(coco_instance(image, instance, vocabulary));
  }
  return found;
}

json coco_instance_document(const std::vector<ImageInfo>& images,
                            const std::vector<std::vector<Instance>>& instances,
                            const classify::Vocabulary& vocabulary) {
  if (images.size() != instances.size()) {
    fail(ErrorCode::shape_mismatch, images.size(), " images but instances of ", instances.size());
  }
  json list = json::array(), annotations = json::array();
  for (size_t i = 0; i < images.size(); ++i) {
    list.push_back(coco_image(images[i]));
    for (const Instance& instance : instances[i]) {
      if (instance.area_px == 0) continue;
      json annotation = coco_instance(images[i], instance, vocabulary);
      annotation["id"] = annotations.size() + 1;
      annotation["area"] = instance.area_px;
      annotation["iscrowd"] = 0;
      annotations.push_back(std::move(annotation));
    }
  }
  return {{"images", std::move(list)},
          {"annotations", std::move(annotations)},
          {"categories", coco_categories(vocabulary)}};
}

Rle mask_of_segmentation(const json& segmentation, Size size) {
  if (segmentation.is_array()) {
    return from_polygons(segmentation.get<std::vector<std::vector<double>>>(), size);
  }
  const auto hw = segmentation.at("size").get<std::array<int64_t, 2>>();
  if (hw[0] != size.height || hw[1] != size.width) {
    fail(ErrorCode::bad_format, "a mask of ", hw[1], "x", hw[0], " pixels for a picture of ",
         size.width, "x", size.height);
  }
  const json& counts = segmentation.at("counts");
  if (counts.is_string()) return from_string(counts.get<std::string>(), size);
  return from_counts(counts.get<std::vector<uint32_t>>(), size);
}

at::Tensor rgb_of_ids(const at::Tensor& ids) {
  check_shape("ids", ids, {kAny, kAny});
  check_dtype("ids", ids, at::kInt);
  const at::Tensor from = ids.cpu().contiguous();
  at::Tensor rgb = at::empty({ids.size(0), ids.size(1), 3}, at::kByte);
  const int32_t* id = from.const_data_ptr<int32_t>();
  uint8_t* to = rgb.data_ptr<uint8_t>();
  for (int64_t i = 0; i < from.numel(); ++i) {
    if (id[i] < 0 || id[i] >= 1 << 24) {
      fail(ErrorCode::invalid_argument, "segment id ", id[i], " does not fit in a panoptic PNG");
    }
    to[3 * i] = static_cast<uint8_t>(id[i]);
    to[3 * i + 1] = static_cast<uint8_t>(id[i] >> 8);
    to[3 * i + 2] = static_cast<uint8_t>(id[i] >> 16);
  }
  return rgb;
}

at::Tensor ids_of_rgb(const at::Tensor& rgb) {
  check_shape("rgb", rgb, {kAny, kAny, 3});
  check_dtype("rgb", rgb, at::kByte);
  const at::Tensor from = rgb.cpu().contiguous();
  at::Tensor ids = at::empty({rgb.size(0), rgb.size(1)}, at::kInt);
  const uint8_t* c = from.const_data_ptr<uint8_t>();
  int32_t* to = ids.data_ptr<int32_t>();
  const int64_t pixels = ids.numel();
  int64_t i = 0;
  if constexpr (std::endian::native == std::endian::little) {
    // Four bytes at once, of which the last belongs to the next pixel.
    for (; i + 1 < pixels; ++i) {
      int32_t four;
      std::memcpy(&four, c + 3 * i, sizeof four);
      to[i] = four & 0xFFFFFF;
    }
  }
  for (; i < pixels; ++i) to[i] = c[3 * i] | c[3 * i + 1] << 8 | c[3 * i + 2] << 16;
  return ids;
}

}  // namespace fcclip::results
