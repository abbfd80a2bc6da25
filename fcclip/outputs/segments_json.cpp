#include "fcclip/outputs/segments_json.h"

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "fcclip/image/image_file.h"
#include "fcclip/results/rle.h"
#include "fcclip/text/base64.h"

namespace fcclip::outputs {
namespace {

using nlohmann::json;

json words_of(const results::Segment& segment) {
  json others = json::array();
  for (const results::NameScore& other : segment.next_best) {
    others.push_back({{"name", other.name}, {"score", other.score}});
  }
  return {{"id", segment.id},
          {"name", segment.name},
          {"synonym", segment.synonym},
          {"thing", segment.is_thing},
          {"score", segment.score},
          {"in_vocabulary_score", segment.in_vocabulary_score},
          {"out_of_vocabulary_score", segment.out_of_vocabulary_score},
          {"next_best", std::move(others)},
          {"area_px", segment.area_px},
          {"box_xywh_px", segment.box_xywh_px}};
}

// Of the whole picture.
results::Rle whole_mask(const results::Segmentation& result, const results::Segment& segment) {
  if (result.task() == results::Task::instance) return {result.size, segment.rle_counts};
  const auto [x, y, width, height] = segment.box_xywh_px;
  at::Tensor mask = at::zeros({result.size.height, result.size.width}, at::kByte);
  mask.slice(0, y, y + height).slice(1, x, x + width).copy_(results::mask_in_box(result, segment));
  return results::from_mask(mask);
}

void add_mask(json& entry, const results::Segmentation& result, const results::Segment& segment,
              MaskForm form) {
  if (form == MaskForm::rle) {
    entry["mask"] = {{"size", {result.size.height, result.size.width}},
                     {"counts", results::to_string(whole_mask(result, segment))}};
  } else if (form == MaskForm::png) {
    const at::Tensor mask = results::mask_in_box(result, segment).ne(0).to(at::kByte) * 255;
    entry["mask_png"] = text::base64(image::encode_png(mask));
  }
}

}  // namespace

json to_json(const results::Segmentation& result, MaskForm masks) {
  json segments = json::array();
  for (const results::Segment& segment : result.segments()) {
    segments.push_back(words_of(segment));
    add_mask(segments.back(), result, segment, masks);
  }
  json all = {{"task", results::task_name(result.task())},
              {"height", result.size.height},
              {"width", result.size.width},
              {"min_score", result.min_score},
              {"below_min_score", result.below_min_score},
              {"segments", std::move(segments)}};
  for (const results::Segment& word : result.best_words) {
    json entry = words_of(word);
    entry.erase("id");
    entry.erase("next_best");
    all["best_words"].push_back(std::move(entry));
  }
  return all;
}

}  // namespace fcclip::outputs
