#pragma once
// Several values of a setting tried with one run of the network a picture.

#include <string>
#include <vector>

#include "fcclip/eval/evaluate_options.h"

namespace fcclip::eval {

/// What may be tried in several values: what comes after the network.
enum class Setting { alpha, beta, object_mask_threshold, overlap_threshold };

/// "alpha", …, "overlap_threshold": as records and JSON have it.
const char* setting_name(Setting setting);

/// "overlap threshold": for people.
std::string setting_label(Setting setting);
/// 0.3, not 0.29999999999999999.
std::string number_text(double value);

/// One value: used. Several: a sweep, over all combinations with other such settings.
struct SettingValues {
  Setting setting = Setting::alpha;
  std::vector<double> values = {};  ///< 0 … 1
};

/// Combinations that a sweep may have: each is a question and a record a picture.
inline constexpr int64_t kMostCombinations = 200;

/// A run's ensemble under every combination, the last setting varying fastest.
struct Sweep {
  std::vector<SettingValues> axes;  ///< those with several values; thresholds behind α and β, so
                                    ///< that neighbours share what thresholds don't change
  std::vector<Classifier> classifiers;      ///< without axes one: the base's name
  std::vector<std::vector<double>> points;  ///< of each classifier, a value an axis

  bool is_one() const { return axes.empty(); }
};

/// `base` with these settings. Throws Error{invalid_argument}: more than kMostCombinations, a
/// setting named twice or without values, a value outside 0 … 1 or there twice.
Sweep make_sweep(const Classifier& base, std::vector<SettingValues> settings);

/// "alpha 0.3, beta 0.8": also the name of that combination in records.
std::string point_text(const std::vector<SettingValues>& axes, const std::vector<double>& point);

}  // namespace fcclip::eval
