#include "fcclip/eval/cityscapes_summary.h"

#include <algorithm>
#include <functional>

#include "fcclip/eval/percent.h"

namespace fcclip::eval {
namespace {

// Classes of the vocabulary that are counted in a row.
struct ClassGroup {
  const char* name;
  std::vector<size_t> classes;
};

std::vector<ClassGroup> class_groups(const SummaryInput& input) {
  std::vector<ClassGroup> groups = {{"All", {}}, {"Seen", {}}, {"Unseen", {}}};
  for (size_t k = 0; k < input.vocabulary.classes.size(); ++k) {
    groups[0].classes.push_back(k);
    groups[input.seen[k] ? 1 : 2].classes.push_back(k);
  }
  return groups;
}

int label_of(const SummaryInput& input, size_t k) {
  return static_cast<int>(input.vocabulary.classes[k].id);
}

// Its place among the classes with instances; −1 for others.
int place_of(const SummaryInput& input, size_t k) {
  const auto* const found =
      std::find(kCityscapesThings.begin(), kCityscapesThings.end(), label_of(input, k));
  return found == kCityscapesThings.end() ? -1
                                          : static_cast<int>(found - kCityscapesThings.begin());
}

using Measure = std::function<double(size_t k)>;

Score mean_over(const std::vector<size_t>& classes, const Measure& measure) {
  std::vector<double> values;
  for (const size_t k : classes) values.push_back(measure(k));
  return percent(mean_of_numbers(values));
}

Score mean_over_categories(const std::function<double(std::string_view)>& measure) {
  std::vector<double> values;
  for (const std::string_view category : cityscapes_categories()) {
    values.push_back(measure(category));
  }
  return percent(mean_of_numbers(values));
}

}  // namespace

std::optional<ScoreTable> cityscapes_ap_table(const CityscapesAp& ap, const SummaryInput& input) {
  if (ap.empty()) return std::nullopt;
  ScoreTable table{{{"AP"}, {"AP50"}}, {{"AP"}, {"AP50"}, {"truths", true}}, {}, {}};
  for (ClassGroup& group : class_groups(input)) {
    std::erase_if(group.classes, [&](size_t k) { return place_of(input, k) < 0; });
    table.groups.push_back(
        {group.name,
         {mean_over(group.classes, [&](size_t k) { return ap.ap(place_of(input, k)); }),
          mean_over(group.classes, [&](size_t k) { return ap.ap50(place_of(input, k)); })}});
  }
  for (size_t k = 0; k < input.vocabulary.classes.size(); ++k) {
    const int place = place_of(input, k);
    if (place < 0) continue;
    table.classes.push_back({input.vocabulary.classes[k].synonyms.front(),
                             {percent(ap.ap(place)), percent(ap.ap50(place)),
                              static_cast<double>(ap.results()[place].truths)}});
  }
  return table;
}

std::optional<ScoreTable> cityscapes_iou_table(const CityscapesIou& iou,
                                               const SummaryInput& input) {
  if (iou.empty()) return std::nullopt;
  ScoreTable table{
      {{"IoU"}, {"iIoU"}, {"category IoU"}, {"category iIoU"}}, {{"IoU"}, {"iIoU"}}, {}, {}};
  const Measure of_class = [&](size_t k) { return iou.iou(label_of(input, k)); };
  const Measure of_instances = [&](size_t k) { return iou.instance_iou(label_of(input, k)); };
  for (const ClassGroup& group : class_groups(input)) {
    table.groups.push_back(
        {group.name,
         {mean_over(group.classes, of_class), mean_over(group.classes, of_instances), {}, {}}});
  }
  table.groups[0].values[2] =
      mean_over_categories([&](std::string_view name) { return iou.category_iou(name); });
  table.groups[0].values[3] =
      mean_over_categories([&](std::string_view name) { return iou.category_instance_iou(name); });
  for (size_t k = 0; k < input.vocabulary.classes.size(); ++k) {
    table.classes.push_back({input.vocabulary.classes[k].synonyms.front(),
                             {percent(of_class(k)), percent(of_instances(k))}});
  }
  return table;
}

}  // namespace fcclip::eval
