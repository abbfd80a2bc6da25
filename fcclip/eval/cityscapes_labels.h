#pragma once
// The classes of Cityscapes as its own tools know them, also those that are not scored.

#include <array>
#include <span>
#include <string_view>

namespace fcclip::eval {

/// One of them; its place in the list is its label id.
struct CityscapesLabel {
  std::string_view name, category;
  bool is_scored = false;
  bool has_instances = false;  ///< scored or not (caravans and trailers are not)
  double mean_size_px = 0;     ///< of an instance in the training set, as its tools have it
};

inline constexpr int kCityscapesLabels = 34;

/// Label ids 0 … 33, in this order.
std::span<const CityscapesLabel, kCityscapesLabels> cityscapes_labels();

/// Label ids of the eight classes that have instances and are scored: person … bicycle.
inline constexpr std::array<int, 8> kCityscapesThings = {24, 25, 26, 27, 28, 31, 32, 33};

/// The eight categories in the order of the labels: void, flat … vehicle.
std::span<const std::string_view, 8> cityscapes_categories();

/// Whether every class of a category has instances: human, vehicle.
bool has_only_things(std::string_view category);

/// Class and number, or the class alone for a group and for stuff: 26003 is a car, 26 a group of
/// cars. −1 for a value that is neither.
constexpr int label_of_instance_id(int id) {
  const int label = id < 1000 ? id : id / 1000;
  return label >= 0 && label < kCityscapesLabels ? label : -1;
}

}  // namespace fcclip::eval
