#pragma once
// COCO's JSON forms of results. Pure functions: callers write the files.

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <nlohmann/json_fwd.hpp>

#include "fcclip/classify/vocabulary.h"
#include "fcclip/results/rle.h"
#include "fcclip/results/segmentation.h"

namespace fcclip::outputs {

/// The picture that results belong to.
struct ImageInfo {
  int64_t id = 0;
  std::string file_name;
  Size size;
};

/// [{"id", "name" (synonyms joined by ','), "isthing", "color" where known}, …]
nlohmann::json coco_categories(const classify::Vocabulary& vocabulary);

/// {"id", "file_name", "height", "width"}
nlohmann::json coco_image(const ImageInfo& image);

/// One entry of "annotations" in a COCO panoptic file: image_id, file_name (of the PNG),
/// segments_info with id, category_id, area, bbox, iscrowd, and beyond the format isthing and
/// score. Throws Error{invalid_argument} when a segment's class is not in the vocabulary.
nlohmann::json coco_panoptic_annotation(const ImageInfo& image, const std::string& png_name,
                                        const std::vector<results::Segment>& segments,
                                        const classify::Vocabulary& vocabulary);

/// A whole panoptic file: {"images", "annotations", "categories"}.
nlohmann::json coco_panoptic_document(const std::vector<ImageInfo>& images,
                                      const std::vector<nlohmann::json>& annotations,
                                      const classify::Vocabulary& vocabulary);

/// COCO results of one image: [{"image_id", "category_id", "bbox", "score", "segmentation":
/// {"size", "counts"}}, …]; the lists of several images are joined into one file. Instances without
/// a pixel are left out: import tools choke on them, and their score is 0. Throws as above.
nlohmann::json coco_instance_results(const ImageInfo& image,
                                     const std::vector<results::Segment>& instances,
                                     const classify::Vocabulary& vocabulary);

}  // namespace fcclip::outputs
