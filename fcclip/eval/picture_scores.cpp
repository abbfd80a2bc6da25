#include "fcclip/eval/picture_scores.h"

#include "fcclip/core/error.h"

namespace fcclip::eval {
namespace {

template <typename Counts>
std::vector<CellCount> cells_of(const Counts& counts) {
  std::vector<CellCount> cells;
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] != 0) cells.push_back({static_cast<int64_t>(i), counts[i]});
  }
  return cells;
}

void add_counts(PanopticQuality& quality, const std::map<int64_t, MatchCounts>& counts) {
  for (const auto& [category, sums] : counts) quality.add_counts(category, sums);
}

void add_results(AveragePrecision& ap,
                 const std::map<int64_t, std::vector<AveragePrecision::ImageResult>>& results) {
  for (const auto& [category, images] : results) {
    for (const AveragePrecision::ImageResult& image : images) ap.add_result(category, image);
  }
}

}  // namespace

ScoreRecord to_record(const PictureScores& scores) {
  return {scores.panoptic.counts(),
          scores.agnostic.counts(),
          scores.masks.results(),
          scores.boxes.results(),
          cells_of(scores.semantic.confusion()),
          cells_of(scores.semantic.boundary_confusion()),
          scores.cityscapes_ap,
          cells_of(scores.cityscapes_iou.confusion()),
          scores.cityscapes_iou.instances()};
}

void add_record(PictureScores& scores, const ScoreRecord& record) {
  add_counts(scores.panoptic, record.panoptic);
  add_counts(scores.agnostic, record.agnostic);
  add_results(scores.masks, record.masks);
  add_results(scores.boxes, record.boxes);
  SemanticScore& semantic = scores.semantic;
  const auto limit = [](const auto& cells) { return std::ssize(cells); };
  const auto check = [](const CellCount& one, int64_t cells) {
    if (one.cell >= 0 && one.cell < cells) return;
    fail(ErrorCode::bad_format, "a record of scores is damaged: it counts cell ", one.cell, " of ",
         cells);
  };
  for (const CellCount& one : record.confusion) {
    check(one, limit(semantic.confusion()));
    semantic.add_count(one.cell, one.count);
  }
  for (const CellCount& one : record.boundary) {
    check(one, limit(semantic.boundary_confusion()));
    semantic.add_boundary_count(one.cell, one.count);
  }
  scores.cityscapes_ap.merge(record.cityscapes_ap);
  for (const CellCount& one : record.cityscapes_confusion) {
    check(one, limit(scores.cityscapes_iou.confusion()));
    scores.cityscapes_iou.add_count(one.cell, one.count);
  }
  for (const CityscapesIou::Instance& one : record.cityscapes_instances) {
    scores.cityscapes_iou.add_instance(one);
  }
}

}  // namespace fcclip::eval
