#pragma once
// One picture of a benchmark through the network, its answers scored and written.

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "fcclip/data/dataset_split.h"
#include "fcclip/eval/picture_scores.h"
#include "fcclip/segmenter/segmenter.h"

namespace fcclip::eval {

/// An answer from the same run of the network: in-vocabulary only (α = β = 0), out-of-vocabulary
/// only (1), or the ensemble as published.
struct Classifier {
  std::string name;
  classify::EnsembleOptions ensemble;
};

/// "in", "out", "ensemble" or "all". Throws Error{invalid_argument}.
std::vector<Classifier> classifiers_of(const std::string& name,
                                       const classify::EnsembleOptions& published);

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
  EncodeSize size;
  std::vector<Classifier> classifiers;
  Oracle oracle = Oracle::none;
  results::PanopticOptions panoptic_options;
  results::InstanceOptions instance_options;
  std::filesystem::path predictions;  ///< folder for PNGs; empty: none are written
};

/// A model measured on one benchmark.
class Evaluator {
 public:
  /// All must outlive the evaluator.
  Evaluator(const Segmenter& segmenter, const data::DatasetSplit& split,
            const PreparedVocabulary& vocabulary, EvaluateOptions options);

  /// {"index", "name", "image_id", "size", "scores": {classifier: to_record(…)}, "predictions":
  /// {classifier: {"segments_info", "instances"}}}. Throws Error naming the file.
  nlohmann::json one(int64_t index) const;

 private:
  const Segmenter& segmenter_;
  const data::DatasetSplit& split_;
  const PreparedVocabulary& vocabulary_;
  EvaluateOptions options_;
};

}  // namespace fcclip::eval
