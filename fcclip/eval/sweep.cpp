#include "fcclip/eval/sweep.h"

#include <algorithm>
#include <array>
#include <sstream>

#include "fcclip/core/error.h"
#include "fcclip/core/listed.h"

namespace fcclip::eval {
namespace {

void set(Classifier& classifier, Setting setting, double value) {
  switch (setting) {
    case Setting::alpha:
      classifier.ensemble.alpha = value;
      break;
    case Setting::beta:
      classifier.ensemble.beta = value;
      break;
    case Setting::object_mask_threshold:
      classifier.panoptic.object_mask_threshold = value;
      break;
    case Setting::overlap_threshold:
      classifier.panoptic.overlap_threshold = value;
      break;
  }
}

void check_values(const SettingValues& one) {
  const char* name = setting_name(one.setting);
  if (one.values.empty()) fail(ErrorCode::invalid_argument, name, ": no value");
  std::vector<double> sorted = one.values;
  std::ranges::sort(sorted);
  if (!(sorted.front() >= 0 && sorted.back() <= 1)) {
    fail(ErrorCode::invalid_argument, name, ": expected values from 0 to 1, got ",
         listed(one.values, number_text));
  }
  const auto twice = std::ranges::adjacent_find(sorted);
  if (twice == sorted.end()) return;
  fail(ErrorCode::invalid_argument, name, ": ", number_text(*twice), " is there twice");
}

void check_settings(const std::vector<SettingValues>& sorted) {
  int64_t combinations = 1;
  for (const SettingValues& one : sorted) {
    check_values(one);
    combinations = std::min(combinations * std::ssize(one.values), kMostCombinations + 1);
  }
  const auto twice = std::ranges::adjacent_find(sorted, {}, &SettingValues::setting);
  if (twice != sorted.end()) {
    fail(ErrorCode::invalid_argument, setting_name(twice->setting), " is there twice");
  }
  if (combinations <= kMostCombinations) return;
  const auto count = [](const SettingValues& one) {
    return std::to_string(one.values.size()) + " of " + setting_name(one.setting);
  };
  fail(ErrorCode::invalid_argument, "a sweep over ", listed(sorted, count, " × "), ": more than ",
       kMostCombinations, " combinations; take fewer values, or larger steps");
}

}  // namespace

const char* setting_name(Setting setting) {
  constexpr std::array kNames = {"alpha", "beta", "object_mask_threshold", "overlap_threshold"};
  return kNames.at(static_cast<size_t>(setting));
}

std::string setting_label(Setting setting) {
  std::string label = setting_name(setting);
  std::ranges::replace(label, '_', ' ');
  return label;
}

std::string number_text(double value) {
  std::ostringstream text;
  text.precision(10);
  text << value;
  return text.str();
}

Sweep make_sweep(const Classifier& base, std::vector<SettingValues> settings) {
  std::ranges::stable_sort(settings, {}, &SettingValues::setting);
  check_settings(settings);
  Sweep sweep{{}, {base}, {{}}};
  for (SettingValues& one : settings) {
    Sweep next;
    for (size_t i = 0; i < sweep.classifiers.size(); ++i) {
      for (const double value : one.values) {
        next.classifiers.push_back(sweep.classifiers[i]);
        next.points.push_back(sweep.points[i]);
        set(next.classifiers.back(), one.setting, value);
        if (one.values.size() > 1) next.points.back().push_back(value);
      }
    }
    next.axes = std::move(sweep.axes);
    if (one.values.size() > 1) next.axes.push_back(std::move(one));
    sweep = std::move(next);
  }
  for (size_t i = 0; !sweep.is_one() && i < sweep.points.size(); ++i) {
    sweep.classifiers[i].name = point_text(sweep.axes, sweep.points[i]);
  }
  return sweep;
}

std::string point_text(const std::vector<SettingValues>& axes, const std::vector<double>& point) {
  std::string text;
  for (size_t i = 0; i < axes.size(); ++i) {
    add_to_list(text, setting_label(axes[i].setting) + " " + number_text(point[i]));
  }
  return text;
}

}  // namespace fcclip::eval
