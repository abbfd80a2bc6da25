#include "fcclip/eval/picture_scores.h"

#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"

namespace fcclip::eval {
namespace {

using nlohmann::json;

json counts_to_json(const PanopticQuality& quality) {
  json out = json::array();
  for (const auto& [category, c] : quality.counts()) {
    out.push_back({category, c.iou, c.true_positives, c.false_positives, c.false_negatives});
  }
  return out;
}

void add_counts(PanopticQuality& quality, const json& list) {
  for (const json& row : list) {
    quality.add_counts(row.at(0), {row.at(1), row.at(2), row.at(3), row.at(4)});
  }
}

json results_to_json(const AveragePrecision& ap) {
  json out = json::array();
  for (const auto& [category, images] : ap.results()) {
    for (const AveragePrecision::ImageResult& image : images) {
      json detections = json::array();
      for (const AveragePrecision::Scored& d : image.detections) {
        detections.push_back({d.score, d.rank, d.matched, d.ignored});
      }
      out.push_back({category, image.image_id, image.truth_count, std::move(detections)});
    }
  }
  return out;
}

void add_results(AveragePrecision& ap, const json& list) {
  for (const json& row : list) {
    AveragePrecision::ImageResult image;
    image.image_id = row.at(1);
    row.at(2).get_to(image.truth_count);
    for (const json& d : row.at(3)) {
      AveragePrecision::Scored scored;
      scored.score = d.at(0);
      scored.rank = d.at(1);
      d.at(2).get_to(scored.matched);
      d.at(3).get_to(scored.ignored);
      image.detections.push_back(scored);
    }
    ap.add_result(row.at(0), std::move(image));
  }
}

json cells_to_json(const std::vector<int64_t>& counts) {
  json cells = json::array();
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    cells.push_back(i);
    cells.push_back(counts[i]);
  }
  return cells;
}

template <typename Add>
void add_cells(const json& cells, const Add& add) {
  for (size_t i = 0; i + 1 < cells.size(); i += 2) {
    add(cells.at(i).get<int64_t>(), cells.at(i + 1).get<int64_t>());
  }
}

}  // namespace

json to_record(const PictureScores& scores) {
  return {{"pq", counts_to_json(scores.panoptic)},
          {"agnostic", counts_to_json(scores.agnostic)},
          {"masks", results_to_json(scores.masks)},
          {"boxes", results_to_json(scores.boxes)},
          {"confusion", cells_to_json(scores.semantic.confusion())},
          {"boundary", cells_to_json(scores.semantic.boundary_confusion())}};
}

void add_record(PictureScores& scores, const json& record) {
  try {
    add_counts(scores.panoptic, record.at("pq"));
    add_counts(scores.agnostic, record.at("agnostic"));
    add_results(scores.masks, record.at("masks"));
    add_results(scores.boxes, record.at("boxes"));
    SemanticScore& semantic = scores.semantic;
    add_cells(record.at("confusion"), [&](int64_t i, int64_t n) { semantic.add_count(i, n); });
    add_cells(record.at("boundary"),
              [&](int64_t i, int64_t n) { semantic.add_boundary_count(i, n); });
  } catch (const std::exception& error) {
    fail(ErrorCode::bad_format, "a record of scores is damaged: ", error.what());
  }
}

}  // namespace fcclip::eval
