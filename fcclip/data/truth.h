#pragma once
// What is true of a picture, and what somebody answered, in the forms that are scored.

#include <array>
#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/results/rle.h"

namespace fcclip::data {

/// A segment of an id map.
struct MapSegment {
  int64_t id = 0;           ///< value in the map
  int64_t class_index = 0;  ///< position in the vocabulary, or among a file's categories
  int64_t area_px = 0;      ///< truth: as its JSON says; prediction: counted by who needs it
  bool is_crowd = false;
};

/// One picture's truth or prediction.
struct PanopticMap {
  at::Tensor ids;  ///< [h, w] int32; 0 is void
  std::vector<MapSegment> segments;
};

/// An annotated instance.
struct InstanceTruth {
  int64_t class_index = 0;
  std::array<double, 4> box_xywh_px = {0, 0, 0, 0};
  double area_px = 0;  ///< decides small, medium, large; as the annotation says
  bool is_crowd = false;
  results::Rle mask;
};

/// An instance that somebody found.
struct Detection {
  int64_t class_index = 0;
  double score = 0;
  std::array<double, 4> box_xywh_px = {0, 0, 0, 0};
  double area_px = 0;  ///< of the mask, until the box is what is scored
  results::Rle mask;
  bool box_is_of_mask = false;  ///< the box was made of the mask; its area stays the mask's then
};

/// The truth of one picture.
struct PictureInstances {
  std::vector<InstanceTruth> instances;
  /// Federated truth (LVIS): only these classes are known to be there or not; the second are not
  /// marked completely.
  bool is_federated = false;
  std::vector<int64_t> judged_classes, incomplete_classes;
};

}  // namespace fcclip::data
