#include "fcclip/eval/score_tables.h"

#include <cmath>
#include <cstdio>
#include <string_view>

#include "fcclip/eval/cityscapes_labels.h"

namespace fcclip::eval {
namespace {

std::string first_column(std::string_view name) {
  std::string text(name);
  if (text.size() < 24) text.append(24 - text.size(), ' ');
  return text;
}

std::string right_aligned(std::string_view text, size_t columns) {
  return (text.size() < columns ? std::string(columns - text.size(), ' ') : "") + std::string(text);
}

std::string head_line(const std::vector<std::string>& names) {
  std::string line = first_column("");
  for (const std::string& name : names) line += "  " + right_aligned(name, 6);
  return line + '\n';
}

// Of 0 … 1; what is NaN or negative has no number.
std::string score_cell(double value) {
  if (std::isnan(value) || value < 0) return "       -";
  char text[64];
  std::snprintf(text, sizeof text, "  %6.2f", 100 * value);
  return text;
}

std::string score_line(std::string_view name, const std::vector<double>& values,
                       const std::string& tail = "") {
  std::string line = first_column(name);
  for (const double value : values) line += score_cell(value);
  return line + tail + '\n';
}

// A line of a Cityscapes table; none where neither has a number.
std::string pair_line(std::string_view name, double first, double second) {
  if (std::isnan(first) && std::isnan(second)) return "";
  return score_line(name, {first, second});
}

// The means of two measures over some names, then each.
std::string pair_lines(std::string_view title, const std::vector<std::string_view>& names,
                       const std::vector<double>& first, const std::vector<double>& second) {
  std::string text = pair_line(title, mean_of_numbers(first), mean_of_numbers(second));
  for (size_t i = 0; i < names.size(); ++i) text += pair_line(names[i], first[i], second[i]);
  return text;
}

std::string cityscapes_ap_lines(const CityscapesAp& ap) {
  std::vector<std::string_view> names;
  std::vector<double> means, firsts;
  for (int place = 0; place < CityscapesAp::kClasses; ++place) {
    names.push_back(cityscapes_labels()[kCityscapesThings[place]].name);
    means.push_back(ap.ap(place));
    firsts.push_back(ap.ap50(place));
  }
  return head_line({"AP", "AP50"}) + pair_lines("instances", names, means, firsts);
}

std::string cityscapes_iou_lines(const CityscapesIou& iou) {
  std::vector<std::string_view> names, groups;
  std::vector<double> of_class, of_instances, of_group, of_group_instances;
  for (const CityscapesLabel& label : cityscapes_labels()) {
    const int place = static_cast<int>(names.size());
    names.push_back(label.name);
    of_class.push_back(iou.iou(place));
    of_instances.push_back(iou.instance_iou(place));
  }
  for (const auto& category : cityscapes_categories()) {
    groups.push_back(category);
    of_group.push_back(iou.category_iou(category));
    of_group_instances.push_back(iou.category_instance_iou(category));
  }
  const std::string head = head_line({"IoU", "iIoU"});
  return head + pair_lines("classes", names, of_class, of_instances) + head +
         pair_lines("categories", groups, of_group, of_group_instances);
}

}  // namespace

std::string score_table(const PanopticScore& score) {
  std::string text = head_line({"PQ", "SQ", "RQ", "n"});
  const auto add = [&](const char* name, bool things, bool stuff) {
    const MeanQuality mean = score.quality.mean(chosen_categories(score.categories, things, stuff));
    text += score_line(name, {mean.pq, mean.sq, mean.rq}, "  " + std::to_string(mean.count));
  };
  add("All", true, true);
  add("Things", true, false);
  add("Stuff", false, true);
  for (size_t k = 0; k < score.categories.size(); ++k) {
    const MatchCounts counts = score.quality.counts(static_cast<int64_t>(k));
    if (counts.empty()) continue;
    const Quality quality = quality_of(counts);
    text += score_line(score.categories[k].name, {quality.pq, quality.sq, quality.rq});
  }
  return text;
}

std::string score_table(const InstanceScore& score) {
  std::string text = head_line({"AP", "AP50", "AP75", "APs", "APm", "APl"});
  for (const auto* ap : {&score.masks, &score.boxes}) {
    if (ap == &score.masks && !score.has_masks) continue;
    const ApSummary s = ap->summary();
    text += score_line(ap == &score.masks ? "masks" : "boxes",
                       {s.ap, s.ap50, s.ap75, s.ap_small, s.ap_medium, s.ap_large});
  }
  return text;
}

std::string score_table(const SemanticScore& score, const std::vector<std::string>& names) {
  const SemanticSummary summary = score.summary();
  std::string text = head_line({"mIoU", "fwIoU", "mACC", "pACC"}) +
                     score_line("All", {summary.mean_iou, summary.frequency_weighted_iou,
                                        summary.mean_accuracy, summary.pixel_accuracy});
  text += head_line({"IoU", "ACC", "B-IoU"});
  for (int64_t k = 0; k < score.classes(); ++k) {
    const SemanticClassScore& one = summary.classes[k];
    text += score_line(names[k], {one.iou, one.accuracy, one.boundary_iou});
  }
  return text;
}

std::string score_table(const CityscapesScore& score) {
  return (score.instances ? cityscapes_ap_lines(*score.instances) : "") +
         (score.semantic ? cityscapes_iou_lines(*score.semantic) : "");
}

std::string score_table(const VideoScore& score) {
  std::vector<std::string> head;
  for (const int64_t window : score.vpq.windows()) head.push_back("VPQ" + std::to_string(window));
  head.insert(head.end(), {"VPQ", "n"});
  std::string text = head_line(head);
  const auto add = [&](const char* name, bool things, bool stuff) {
    const std::vector<int64_t> chosen = score.chosen(things, stuff);
    std::vector<double> values;
    for (const PanopticQuality& one : score.vpq.quality()) values.push_back(one.mean(chosen).pq);
    const MeanQuality mean = score.vpq.mean(chosen);
    values.push_back(mean.pq);
    text += score_line(name, values, "  " + right_aligned(std::to_string(mean.count), 6));
  };
  add("All", true, true);
  add("Things", true, false);
  add("Stuff", false, true);
  text += head_line({"STQ", "AQ", "SQ", "switches"});
  text += score_line("All", {score.tracking.stq(), score.tracking.aq(), score.tracking.sq()},
                     "  " + std::to_string(score.ids.switches) + " of " +
                         std::to_string(score.ids.matched - score.ids.objects));
  return text;
}

}  // namespace fcclip::eval
