#pragma once
// What `eval` is asked to do.

#include <memory>
#include <string>
#include <vector>

#include "apps/segment_options.h"
#include "fcclip/data/dataset_split.h"
#include "fcclip/eval/evaluator.h"

namespace fcclip::apps {

struct EvalFlags {
  std::vector<std::string> datasets;
  std::string config, root, output = "eval", classifier = "ensemble", oracle = "none", vocabulary;
  std::vector<std::string> tasks;
  std::string panoptic_json, panoptic_pngs, instances_json, label_pngs, images;
  int64_t ignore_label = 255, limit = 0, short_side = 0, max_side = 0;
  bool resume = false, merge = false, json = false, no_predictions = false, overwrite = false;
  ModelFlags model;
};

/// One data set of the command line, open.
struct EvalTarget {
  std::string name;   ///< of the output folder
  std::string title;  ///< as reports call it
  std::unique_ptr<data::DatasetSplit> split;
  int64_t detections = 0;         ///< most of a picture that count; 0: as many as the model gives
  bool has_instances = true;      ///< false: its panoptic truth is not scored as instances
  eval::EvaluateOptions options;  ///< tasks, sizes; classifiers and thresholds come from the model
};

void add_eval_flags(CLI::App& command, EvalFlags& flags);

/// Throws Error{invalid_argument, not_found, bad_format}.
std::vector<EvalTarget> open_targets(const EvalFlags& flags);

}  // namespace fcclip::apps
