#include "fcclip/eval/summary.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>

#include "fcclip/eval/cityscapes_summary.h"
#include "fcclip/eval/percent.h"

namespace fcclip::eval {
namespace {

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

const std::vector<Metric> kQualityMetrics = {{"pq"}, {"sq"}, {"rq"}, {"n", true}};

// pq, sq, rq, n
ScoreRow quality_row(std::string name, const Quality& quality, int64_t count) {
  if (count == 0) return {std::move(name), {{}, {}, {}, 0.0}};
  return {std::move(name),
          {100 * quality.pq, 100 * quality.sq, 100 * quality.rq, static_cast<double>(count)}};
}

bool has_truth(const PanopticQuality& quality, const Classes& classes) {
  return std::any_of(classes.begin(), classes.end(), [&](int64_t k) {
    const MatchCounts counts = quality.counts(k);
    return counts.true_positives + counts.false_negatives > 0;
  });
}

ScoreTable panoptic_part(const PictureScores& scores, const SummaryInput& input) {
  ScoreTable out{
      kQualityMetrics, {{"pq"}, {"sq"}, {"rq"}, {"tp", true}, {"fp", true}, {"fn", true}}, {}, {}};
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
    out.groups.push_back(quality_row(group.name, mean, counts ? mean.count : 0));
  }
  const MatchCounts agnostic = scores.agnostic.counts(0);
  out.groups.push_back(
      quality_row("class_agnostic", quality_of(agnostic), agnostic.empty() ? 0 : 1));
  for (const int64_t k : groups[0].classes) {
    const MatchCounts counts = scores.panoptic.counts(k);
    ScoreRow row = quality_row(name_of(input, k), quality_of(counts), counts.empty() ? 0 : 1);
    row.values.pop_back();
    for (const int64_t count :
         {counts.true_positives, counts.false_positives, counts.false_negatives}) {
      row.values.emplace_back(static_cast<double>(count));
    }
    out.classes.push_back(std::move(row));
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

ScoreTable ap_part(const AveragePrecision& ap, const SummaryInput& input) {
  ScoreTable out{{}, {{"AP"}, {"truths", true}}, {}, {}};
  for (const char* name : kApNames) out.group_metrics.push_back({name});
  for (const Group& group : split(input)) {
    ScoreRow row{group.name, {}};
    for (const double number : ap.summary(group.classes).numbers()) {
      row.values.push_back(percent(number));
    }
    out.groups.push_back(std::move(row));
  }
  for (size_t k = 0; k < input.vocabulary.classes.size(); ++k) {
    if (!input.vocabulary.classes[k].is_thing) continue;
    const auto index = static_cast<int64_t>(k);
    const std::optional<double> value = ap.category_ap(index);
    out.classes.push_back(
        {name_of(input, index),
         {value ? percent(*value) : std::nullopt, static_cast<double>(true_instances(ap, index))}});
  }
  return out;
}

// The mean of the values that are numbers.
template <typename Value>
Score mean_of(const Classes& classes, const Value& value) {
  double sum = 0;
  int64_t count = 0;
  for (const int64_t k : classes) {
    if (std::isnan(value(k))) continue;
    sum += value(k);
    ++count;
  }
  if (count == 0) return std::nullopt;
  return 100 * sum / static_cast<double>(count);
}

struct Weighted {
  Score frequency_weighted_iou, pixel_accuracy;
};

// fwIoU and pACC weigh classes by their true pixels; of a group, by those of its own classes.
Weighted weighted(const SemanticScore& score, const SemanticSummary& summary,
                  const Classes& classes) {
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
  if (pixels == 0) return {};
  return {100 * iou / pixels, 100 * hits / pixels};
}

// mIoU, fwIoU, mACC, pACC, mBIoU
ScoreRow semantic_row(const SemanticScore& score, const SemanticSummary& summary,
                      const Group& group) {
  const auto mean = [&](double SemanticClassScore::*of) {
    return mean_of(group.classes, [&](int64_t k) { return summary.classes[k].*of; });
  };
  Score boundary = mean(&SemanticClassScore::boundary_iou);
  // The whole as the official evaluator sums it, to the last digit.
  if (group.name == std::string_view("All")) {
    return {group.name,
            {percent(summary.mean_iou), percent(summary.frequency_weighted_iou),
             percent(summary.mean_accuracy), percent(summary.pixel_accuracy), boundary}};
  }
  const Weighted pixels = weighted(score, summary, group.classes);
  const Score iou = mean(&SemanticClassScore::iou);
  if (!iou) boundary = std::nullopt;
  return {group.name,
          {iou, pixels.frequency_weighted_iou, mean(&SemanticClassScore::accuracy),
           pixels.pixel_accuracy, boundary}};
}

// True pixels of each class.
std::vector<double> true_pixels(const SemanticScore& score) {
  const int64_t side = score.classes() + 1;
  std::vector<double> pixels(score.classes(), 0);
  for (int64_t cell = 0; cell < side * (side - 1); ++cell) {
    const int64_t truth = cell % side;
    if (truth + 1 < side) pixels[truth] += static_cast<double>(score.confusion()[cell]);
  }
  return pixels;
}

ScoreTable semantic_part(const SemanticScore& score, const SummaryInput& input) {
  ScoreTable out{{{"mIoU"}, {"fwIoU"}, {"mACC"}, {"pACC"}, {"mBIoU"}},
                 {{"IoU"}, {"ACC"}, {"BIoU"}, {"share"}},
                 {},
                 {}};
  const SemanticSummary summary = score.summary();
  for (const Group& group : split(input)) {
    out.groups.push_back(semantic_row(score, summary, group));
  }
  const std::vector<double> pixels = true_pixels(score);
  const double all_pixels = std::accumulate(pixels.begin(), pixels.end(), 0.0);
  for (size_t k = 0; k < summary.classes.size(); ++k) {
    const SemanticClassScore& one = summary.classes[k];
    const Score share = all_pixels > 0 ? Score(100 * pixels[k] / all_pixels) : std::nullopt;
    out.classes.push_back(
        {name_of(input, static_cast<int64_t>(k)),
         {percent(one.iou), percent(one.accuracy), percent(one.boundary_iou), share}});
  }
  return out;
}

}  // namespace

const ScoreRow* ScoreTable::group(std::string_view name) const {
  const auto found = std::find_if(groups.begin(), groups.end(),
                                  [&](const ScoreRow& row) { return row.name == name; });
  return found == groups.end() ? nullptr : &*found;
}

Score ScoreTable::value(std::string_view group_name, std::string_view metric) const {
  const ScoreRow* row = group(group_name);
  if (row == nullptr) return std::nullopt;
  for (size_t i = 0; i < group_metrics.size(); ++i) {
    if (group_metrics[i].name == metric) return row->values[i];
  }
  return std::nullopt;
}

RunSummary summarise(const PictureScores& scores, const SummaryInput& input) {
  RunSummary out;
  if (input.panoptic) out.panoptic = panoptic_part(scores, input);
  if (input.instances) {
    out.masks = ap_part(scores.masks, input);
    out.boxes = ap_part(scores.boxes, input);
    out.cityscapes_instances = cityscapes_ap_table(scores.cityscapes_ap, input);
  }
  if (input.semantic) {
    out.semantic = semantic_part(scores.semantic, input);
    out.cityscapes_semantic = cityscapes_iou_table(scores.cityscapes_iou, input);
  }
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
