#pragma once
// Official layouts in miniature: files named as the official ones, made by the tests.

#include <filesystem>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "fcclip/image/id_colours.h"
#include "fcclip/image/image_file.h"
#include "fcclip/image/label_file.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/outputs/coco_json.h"

namespace fcclip::test {

namespace fs = std::filesystem;
using nlohmann::json;

inline constexpr int64_t kHeight = 24, kWidth = 32;

/// A coloured pattern.
inline void write_picture(const fs::path& path, int64_t seed = 0) {
  const at::Tensor y = at::arange(kHeight).view({-1, 1, 1}),
                   x = at::arange(kWidth).view({1, -1, 1});
  const at::Tensor rgb =
      ((x * 7 + y * 5 * at::arange(1, 4).view({1, 1, 3}) + seed * 31) % 256).to(at::kByte);
  if (path.extension() == ".jpg") {
    image::write_jpeg(path, rgb);
  } else {
    image::write_png(path, rgb);
  }
}

/// Left half `a`, right half `b`.
inline at::Tensor halves(int64_t a, int64_t b) {
  at::Tensor map = at::full({kHeight, kWidth}, a, at::kInt);
  map.slice(1, kWidth / 2).fill_(b);
  return map;
}

struct Segment {
  int64_t id, category;
};

/// Two halves with ids `left` and `right` in a panoptic PNG.
inline json panoptic_annotation(const fs::path& folder, const json& id, const std::string& png,
                                const std::vector<Segment>& segments) {
  image::write_png(folder / png, image::rgb_of_ids(halves(segments[0].id, segments[1].id)));
  json infos = json::array();
  for (size_t i = 0; i < 2; ++i) {
    infos.push_back({{"id", segments[i].id},
                     {"category_id", segments[i].category},
                     {"area", kHeight * kWidth / 2},
                     {"bbox", {i * kWidth / 2, 0, kWidth / 2, kHeight}},
                     {"iscrowd", 0}});
  }
  return {{"image_id", id}, {"file_name", png}, {"segments_info", infos}};
}

inline json image_entry(const json& id, const std::string& file) {
  return {{"id", id}, {"file_name", file}, {"height", kHeight}, {"width", kWidth}};
}

inline void write_json(const fs::path& path, const json& value) {
  io::write_atomically(path, value.dump());
}

/// A COCO instances annotation that covers the left half.
inline json instance_annotation(const json& image_id, int64_t category) {
  return {{"id", 1},
          {"image_id", image_id},
          {"category_id", category},
          {"bbox", {0, 0, kWidth / 2, kHeight}},
          {"area", kHeight * kWidth / 2},
          {"iscrowd", 0},
          {"segmentation", json::array({{0, 0, kWidth / 2, 0, kWidth / 2, kHeight, 0, kHeight}})}};
}

/// coco/: two pictures; person (1) left, tree (184) right.
inline void make_coco(const fs::path& root) {
  const fs::path coco = root / "coco";
  json images = json::array(), annotations = json::array(), instances = json::array();
  for (const int64_t id : {139, 285}) {
    const std::string stem = "000000000" + std::to_string(id);
    write_picture(coco / "val2017" / (stem + ".jpg"), id);
    images.push_back(image_entry(id, stem + ".jpg"));
    annotations.push_back(panoptic_annotation(coco / "panoptic_val2017", id, stem + ".png",
                                              {{70000 + id, 1}, {9, 184}}));
    instances.push_back(instance_annotation(id, 1));
  }
  write_json(coco / "annotations/panoptic_val2017.json",
             {{"images", images}, {"annotations", annotations}});
  write_json(coco / "annotations/instances_val2017.json",
             {{"images", images}, {"annotations", instances}});
}

}  // namespace fcclip::test
