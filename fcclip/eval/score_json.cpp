#include "fcclip/eval/score_json.h"

#include <algorithm>
#include <numeric>

#include <nlohmann/json.hpp>

#include "fcclip/eval/percent.h"
#include "fcclip/eval/sweep_scores.h"

namespace fcclip::eval {
namespace {

using nlohmann::json;

json quality_json(const Quality& quality) {
  return {{"pq", quality.pq}, {"sq", quality.sq}, {"rq", quality.rq}};
}

json mean_json(const PanopticScore& score, bool things, bool stuff) {
  const MeanQuality mean = score.quality.mean(chosen_categories(score.categories, things, stuff));
  json out = quality_json(mean);
  out["n"] = mean.count;
  return out;
}

json ap_json(const AveragePrecision& ap, const std::vector<Category>& categories) {
  std::vector<int64_t> all(categories.size());
  std::iota(all.begin(), all.end(), 0);
  const std::array<double, 12> numbers = ap.summary(all).numbers();
  json percent = json::array(), per_category = json::object();
  for (size_t i = 0; i < 6; ++i) {
    percent.push_back(numbers[i] < 0 ? json(nullptr) : json(100 * numbers[i]));
  }
  for (size_t k = 0; k < categories.size(); ++k) {
    const std::optional<double> value = ap.category_ap(static_cast<int64_t>(k));
    const std::string& name = categories[k].name;
    // Two categories of one name stay apart.
    const std::string key =
        per_category.contains(name) ? name + " (id " + categories[k].id + ")" : name;
    per_category[key] = value ? json(100 * *value) : json(nullptr);
  }
  return {{"stats12", numbers},
          {"AP,AP50,AP75,APs,APm,APl(x100)", percent},
          {"per_category_AP(x100)", per_category}};
}

json number_json(const std::optional<double>& value) {
  return value ? json(*value) : json(nullptr);
}

json row_json(const std::vector<Metric>& metrics, const ScoreRow& row) {
  json cells = json::object();
  for (size_t i = 0; i < metrics.size(); ++i) {
    const Score& value = row.values[i];
    cells[metrics[i].name] =
        value && metrics[i].is_count ? json(static_cast<int64_t>(*value)) : number_json(value);
  }
  return cells;
}

json table_json(const ScoreTable& table, bool with_classes) {
  json out = json::object();
  for (const ScoreRow& row : table.groups) out[row.name] = row_json(table.group_metrics, row);
  if (!with_classes) return out;
  out["per_class"] = json::array();
  for (const ScoreRow& row : table.classes) {
    json cells = row_json(table.class_metrics, row);
    cells["name"] = row.name;
    out["per_class"].push_back(std::move(cells));
  }
  return out;
}

json summary_json(const RunSummary& summary, bool with_classes = true) {
  json out = json::object();
  if (summary.panoptic) out["panoptic"] = table_json(*summary.panoptic, with_classes);
  if (summary.masks) out["instances"]["masks"] = table_json(*summary.masks, with_classes);
  if (summary.boxes) out["instances"]["boxes"] = table_json(*summary.boxes, with_classes);
  if (summary.semantic) out["semantic"] = table_json(*summary.semantic, with_classes);
  if (summary.cityscapes_instances) {
    out["cityscapes"]["instance"] = table_json(*summary.cityscapes_instances, with_classes);
  }
  if (summary.cityscapes_semantic) {
    out["cityscapes"]["semantic"] = table_json(*summary.cityscapes_semantic, with_classes);
  }
  return out;
}

json point_json(const std::vector<SettingValues>& axes, const std::vector<double>& point) {
  json out = json::object();
  for (size_t i = 0; i < axes.size(); ++i) out[setting_name(axes[i].setting)] = point[i];
  return out;
}

json sweep_json(const SweepScores& sweep) {
  json axes = json::object(), rows = json::array();
  for (const SettingValues& axis : sweep.axes) axes[setting_name(axis.setting)] = axis.values;
  for (const SweepRow& row : sweep.rows) {
    rows.push_back(summary_json(row.scores, /*with_classes=*/false));
    rows.back()["settings"] = point_json(sweep.axes, row.point);
  }
  const SweepRow& best = sweep.rows[sweep.best];
  const std::vector<Headline> ranking = headlines(best.scores);
  return {{"axes", std::move(axes)},
          {"rows", std::move(rows)},
          {"best", point_json(sweep.axes, best.point)},
          {"best_row", sweep.best},
          {"best_by", ranking.empty() ? json(nullptr) : json(ranking.front().name)}};
}

// As detectron2's min(iou, boundary): Python's min keeps the first operand when the second is not
// smaller.
double smaller(double iou, double boundary) {
  return boundary < iou ? boundary : iou;
}

}  // namespace

json to_json(const PanopticScore& score) {
  json per_class = json::object(), counts = json::object();
  for (size_t k = 0; k < score.categories.size(); ++k) {
    const MatchCounts sums = score.quality.counts(static_cast<int64_t>(k));
    const std::string& id = score.categories[k].id;
    per_class[id] = quality_json(quality_of(sums));
    counts[id] = {{"iou", sums.iou},
                  {"tp", sums.true_positives},
                  {"fp", sums.false_positives},
                  {"fn", sums.false_negatives}};
  }
  return {{"All", mean_json(score, true, true)},
          {"Things", mean_json(score, true, false)},
          {"Stuff", mean_json(score, false, true)},
          {"per_class", per_class},
          {"counts", counts}};
}

json to_json(const InstanceScore& score) {
  return {{"bbox", ap_json(score.boxes, score.categories)},
          {"segm", score.has_masks ? ap_json(score.masks, score.categories) : json(nullptr)}};
}

json to_json(const SemanticScore& score, const std::vector<std::string>& names, int64_t ignore) {
  const SemanticSummary summary = score.summary();
  json metrics = {{"mIoU", number_json(percent(summary.mean_iou))},
                  {"fwIoU", number_json(percent(summary.frequency_weighted_iou))},
                  {"mACC", number_json(percent(summary.mean_accuracy))},
                  {"pACC", number_json(percent(summary.pixel_accuracy))}};
  for (int64_t k = 0; k < score.classes(); ++k) {
    const SemanticClassScore& one = summary.classes[k];
    metrics["IoU-" + names[k]] = number_json(percent(one.iou));
    metrics["ACC-" + names[k]] = number_json(percent(one.accuracy));
    if (!score.has_boundary()) continue;
    metrics["BoundaryIoU-" + names[k]] = number_json(percent(one.boundary_iou));
    metrics["min(IoU, B-Iou)-" + names[k]] =
        number_json(percent(smaller(one.iou, one.boundary_iou)));
  }
  json confusion = json::array();
  const int64_t side = score.classes() + 1;
  for (int64_t row = 0; row < side; ++row) {
    const auto begin = score.confusion().begin() + row * side;
    confusion.push_back(std::vector<int64_t>(begin, begin + side));
  }
  return {{"class_names", names},
          {"ignore_label", ignore},
          {"metrics", metrics},
          {"confusion[pred][gt] (last row/col = ignore)", confusion}};
}

json to_json(const EvaluationScores& scores) {
  json out = {{"dataset", scores.data_set}, {"images", scores.pictures}};
  for (const auto& [name, summary] : scores.classifiers) out[name] = summary_json(summary);
  if (scores.sweep) out["sweep"] = sweep_json(*scores.sweep);
  return out;
}

}  // namespace fcclip::eval
