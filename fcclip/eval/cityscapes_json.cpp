#include <cmath>

#include <nlohmann/json.hpp>

#include "fcclip/eval/score_cityscapes.h"

namespace fcclip::eval {
namespace {

using nlohmann::json;

json number_or_null(double value) {
  return std::isnan(value) ? json(nullptr) : json(value);
}

json instance_json(const CityscapesAp& ap) {
  json classes = json::object(), matrix = json::array(), names = json::array();
  std::vector<double> means, firsts;
  for (int place = 0; place < CityscapesAp::kClasses; ++place) {
    const std::string name(cityscapes_labels()[kCityscapesThings[place]].name);
    means.push_back(ap.ap(place));
    firsts.push_back(ap.ap50(place));
    classes[name] = {{"ap", number_or_null(means.back())},
                     {"ap50%", number_or_null(firsts.back())}};
    json row = json::array();
    for (int t = 0; t < CityscapesAp::kThresholds; ++t) {
      row.push_back(number_or_null(ap.precision(place, t)));
    }
    matrix.push_back(std::move(row));
    names.push_back(name);
  }
  return {{"AP", number_or_null(mean_of_numbers(means))},
          {"AP50", number_or_null(mean_of_numbers(firsts))},
          {"classes", classes},
          {"ap_class_x_overlap", matrix},
          {"overlaps", CityscapesAp::thresholds()},
          {"labels", names}};
}

// Scores by name, and their mean.
struct Column {
  json scores = json::object();
  std::vector<double> values;
  void add(std::string_view name, double value) {
    scores[std::string(name)] = number_or_null(value);
    values.push_back(value);
  }
  json mean() const { return number_or_null(mean_of_numbers(values)); }
};

json semantic_json(const CityscapesIou& iou) {
  Column classes, instances, categories, category_instances;
  for (int label = 0; label < kCityscapesLabels; ++label) {
    const std::string_view name = cityscapes_labels()[label].name;
    classes.add(name, iou.iou(label));
    instances.add(name, iou.instance_iou(label));
  }
  for (const std::string_view category : cityscapes_categories()) {
    categories.add(category, iou.category_iou(category));
    category_instances.add(category, iou.category_instance_iou(category));
  }
  return {{"averageScoreClasses", classes.mean()},
          {"averageScoreInstClasses", instances.mean()},
          {"averageScoreCategories", categories.mean()},
          {"averageScoreInstCategories", category_instances.mean()},
          {"classScores", classes.scores},
          {"classInstScores", instances.scores},
          {"categoryScores", categories.scores},
          {"categoryInstScores", category_instances.scores}};
}

}  // namespace

json to_json(const CityscapesScore& score) {
  json out = json::object();
  if (score.instances) out["instance"] = instance_json(*score.instances);
  if (score.semantic) out["semantic"] = semantic_json(*score.semantic);
  return out;
}

}  // namespace fcclip::eval
