#pragma once
// What is evaluated, and how.

#include <filesystem>
#include <string>
#include <vector>

#include "fcclip/segmenter/segmenter.h"
#include "fcclip/segmenter/views.h"

namespace fcclip::eval {

/// An answer from the same run of the network: in-vocabulary only (α = β = 0), out-of-vocabulary
/// only (1), or the ensemble as published.
struct Classifier {
  std::string name;
  classify::EnsembleOptions ensemble;
  results::PanopticOptions panoptic = {};
};

/// "in", "out", "ensemble" or "all": the ensemble first. Throws Error{invalid_argument}.
std::vector<Classifier> classifiers_of(const std::string& name,
                                       const classify::EnsembleOptions& published,
                                       const results::PanopticOptions& panoptic = {});

/// What is taken from the truth, to see what the rest is worth.
enum class Oracle {
  none,
  names,  ///< each mask has the class of the true segment it overlaps most, and that IoU as score
  masks   ///< the true masks, named by the model
};

/// What is measured, and how the model is asked.
struct EvaluateOptions {
  bool panoptic = true, instances = true, semantic = true;
  bool resized_late = false;
  segmenter::EncodeSize size;
  std::vector<Classifier> classifiers;
  Oracle oracle = Oracle::none;
  segmenter::Views views = segmenter::Views::one;
  results::InstanceOptions instance_options;
  /// Folder of gtFine for Cityscapes' own metrics and prediction files; empty: none of them.
  std::filesystem::path cityscapes_truth;
  std::filesystem::path predictions;  ///< folder for PNGs; empty: none are written
};

}  // namespace fcclip::eval
