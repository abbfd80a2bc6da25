#include "fcclip/eval/summary.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>

#include <nlohmann/json.hpp>

#include "fcclip/eval/percent.h"

namespace fcclip::eval {
namespace {

using nlohmann::json;
using Classes = std::vector<int64_t>;

constexpr std::array<const char*, 12> kApNames = {"AP",  "AP50", "AP75",  "APs", "APm", "APl",
                                                  "AR1", "AR10", "AR100", "ARs", "ARm", "ARl"};

template <typename Keep>
Classes classes_where(const SummaryInput& input, const Keep& keep) {
  Classes classes;
  for (size_t k = 0; k < input.vocabulary.classes.size(); ++k) {
    if (keep(k)) classes.push_back(static_cast<int64_t>(k));
  }
  return classes;
}

struct Group {
  const char* name;
  Classes classes;
};

std::vector<Group> split(const SummaryInput& input) {
  return {{"All", classes_where(input, [](size_t) { return true; })},
          {"Seen", classes_where(input, [&](size_t k) { return input.seen[k]; })},
          {"Unseen", classes_where(input, [&](size_t k) { return !input.seen[k]; })}};
}

std::string name_of(const SummaryInput& input, int64_t k) {
  return input.vocabulary.classes[k].synonyms.front();
}

json quality_row(const Quality& quality, int64_t count) {
  if (count == 0) return {{"pq", nullptr}, {"sq", nullptr}, {"rq", nullptr}, {"n", 0}};
  return {
      {"pq", 100 * quality.pq}, {"sq", 100 * quality.sq}, {"rq", 100 * quality.rq}, {"n", count}};
}

bool has_truth(const PanopticQuality& quality, const Classes& classes) {
  return std::any_of(classes.begin(), classes.end(), [&](int64_t k) {
    const MatchCounts counts = quality.counts(k);
    return counts.true_positives + counts.false_negatives > 0;
  });
}

json panoptic_part(const PictureScores& scores, const SummaryInput& input) {
  json out;
  std::vector<Group> groups = split(input);
  const auto& classes = input.vocabulary.classes;
  groups.push_back({"Things", classes_where(input, [&](size_t k) { return classes[k].is_thing; })});
  groups.push_back({"Stuff", classes_where(input, [&](size_t k) { return !classes[k].is_thing; })});
  for (const Group& group : groups) {
    const MeanQuality mean = scores.panoptic.mean(group.classes);
    // Classes that were only answered, never true, say nothing about how well they are known.
    const bool is_split =
        group.name == std::string_view("Seen") || group.name == std::string_view("Unseen");
    const bool counts = !is_split || has_truth(scores.panoptic, group.classes);
    out[group.name] = quality_row(mean, counts ? mean.count : 0);
  }
  const MatchCounts agnostic = scores.agnostic.counts(0);
  out["class_agnostic"] = quality_row(quality_of(agnostic), agnostic.empty() ? 0 : 1);
  out["per_class"] = json::array();
  for (const int64_t k : groups[0].classes) {
    const MatchCounts counts = scores.panoptic.counts(k);
    json row = quality_row(quality_of(counts), counts.empty() ? 0 : 1);
    row.erase("n");
    row.update({{"name", name_of(input, k)},
                {"tp", counts.true_positives},
                {"fp", counts.false_positives},
                {"fn", counts.false_negatives}});
    out["per_class"].push_back(std::move(row));
  }
  return out;
}

int64_t true_instances(const AveragePrecision& ap, int64_t category) {
  int64_t count = 0;
  const auto found = ap.results().find(category);
  if (found == ap.results().end()) return 0;
  for (const AveragePrecision::ImageResult& image : found->second) count += image.truth_count[0];
  return count;
}

json ap_part(const AveragePrecision& ap, const SummaryInput& input) {
  json out;
  for (const Group& group : split(input)) {
    const auto numbers = ap.summary(group.classes).numbers();
    for (size_t i = 0; i < numbers.size(); ++i) out[group.name][kApNames[i]] = percent(numbers[i]);
  }
  out["per_class"] = json::array();
  for (size_t k = 0; k < input.vocabulary.classes.size(); ++k) {
    if (!input.vocabulary.classes[k].is_thing) continue;
    const auto index = static_cast<int64_t>(k);
    const std::optional<double> value = ap.category_ap(index);
    out["per_class"].push_back({{"name", name_of(input, index)},
                                {"AP", value ? percent(*value) : json(nullptr)},
                                {"truths", true_instances(ap, index)}});
  }
  return out;
}

// The mean of the values that are numbers.
template <typename Value>
json mean_of(const Classes& classes, const Value& value) {
  double sum = 0;
  int64_t count = 0;
  for (const int64_t k : classes) {
    if (std::isnan(value(k))) continue;
    sum += value(k);
    ++count;
  }
  return count == 0 ? json(nullptr) : json(100 * sum / static_cast<double>(count));
}

// fwIoU and pACC weigh classes by their true pixels; of a group, by those of its own classes.
json weighted(const SemanticScore& score, const SemanticSummary& summary, const Classes& classes) {
  const int64_t side = score.classes() + 1;
  double pixels = 0, hits = 0, iou = 0;
  for (const int64_t k : classes) {
    double truth = 0;
    for (int64_t row = 0; row + 1 < side; ++row) {
      truth += static_cast<double>(score.confusion()[row * side + k]);
    }
    if (truth == 0) continue;
    pixels += truth;
    hits += static_cast<double>(score.confusion()[k * side + k]);
    iou += truth * summary.classes[k].iou;
  }
  if (pixels == 0) return {{"fwIoU", nullptr}, {"pACC", nullptr}};
  return {{"fwIoU", 100 * iou / pixels}, {"pACC", 100 * hits / pixels}};
}

json semantic_part(const SemanticScore& score, const SummaryInput& input) {
  json out;
  const SemanticSummary summary = score.summary();
  for (const Group& group : split(input)) {
    json row = weighted(score, summary, group.classes);
    row["mIoU"] = mean_of(group.classes, [&](int64_t k) { return summary.classes[k].iou; });
    row["mACC"] = mean_of(group.classes, [&](int64_t k) { return summary.classes[k].accuracy; });
    row["mBIoU"] =
        mean_of(group.classes, [&](int64_t k) { return summary.classes[k].boundary_iou; });
    if (group.name != std::string_view("All") && row["mIoU"].is_null()) row["mBIoU"] = nullptr;
    out[group.name] = std::move(row);
  }
  // The whole as the official evaluator sums it, to the last digit.
  out["All"].update({{"mIoU", percent(summary.mean_iou)},
                     {"fwIoU", percent(summary.frequency_weighted_iou)},
                     {"mACC", percent(summary.mean_accuracy)},
                     {"pACC", percent(summary.pixel_accuracy)}});
  out["per_class"] = json::array();
  const int64_t side = score.classes() + 1;
  std::vector<double> pixels(summary.classes.size(), 0);
  for (int64_t cell = 0; cell < side * (side - 1); ++cell) {
    const int64_t truth = cell % side;
    if (truth + 1 < side) pixels[truth] += static_cast<double>(score.confusion()[cell]);
  }
  const double all_pixels = std::accumulate(pixels.begin(), pixels.end(), 0.0);
  for (size_t k = 0; k < summary.classes.size(); ++k) {
    const SemanticClassScore& one = summary.classes[k];
    out["per_class"].push_back(
        {{"name", name_of(input, static_cast<int64_t>(k))},
         {"IoU", percent(one.iou)},
         {"ACC", percent(one.accuracy)},
         {"BIoU", percent(one.boundary_iou)},
         {"share", all_pixels > 0 ? json(100 * pixels[k] / all_pixels) : json(nullptr)}});
  }
  return out;
}

}  // namespace

json summarise(const PictureScores& scores, const SummaryInput& input) {
  json out = json::object();
  if (input.panoptic) out["panoptic"] = panoptic_part(scores, input);
  if (input.instances) {
    out["instances"] = {{"masks", ap_part(scores.masks, input)},
                        {"boxes", ap_part(scores.boxes, input)}};
  }
  if (input.semantic) out["semantic"] = semantic_part(scores.semantic, input);
  return out;
}

PictureRank picture_rank(const PictureScores& scores) {
  MatchCounts all;
  for (const auto& [category, counts] : scores.panoptic.counts()) {
    all.iou += counts.iou;
    all.true_positives += counts.true_positives;
    all.false_positives += counts.false_positives;
    all.false_negatives += counts.false_negatives;
  }
  if (!all.empty()) return {100 * quality_of(all).pq, "PQ"};
  const double accuracy = scores.semantic.summary().pixel_accuracy;
  if (!std::isnan(accuracy)) return {100 * accuracy, "pixel accuracy"};
  const double ap = scores.masks.summary().ap;
  if (ap < 0) return {};
  return {100 * ap, "mask AP"};
}

}  // namespace fcclip::eval
