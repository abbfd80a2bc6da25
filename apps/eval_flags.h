#pragma once
// What `eval` is asked to do.

#include <memory>
#include <string>
#include <vector>

#include "apps/segment_options.h"
#include "fcclip/data/benchmark.h"
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
  std::unique_ptr<data::Benchmark> benchmark;
  eval::EvaluateOptions options;  ///< tasks, sizes; classifiers and thresholds come from the model
};

void add_eval_flags(CLI::App& command, EvalFlags& flags);

/// Throws Error{invalid_argument, not_found, bad_format}.
std::vector<EvalTarget> open_targets(const EvalFlags& flags);

/// This process among several: RANK and WORLD_SIZE; 0 of 1 without them. Throws
/// Error{invalid_argument}.
struct Shard {
  int64_t rank = 0, count = 1;
};
Shard shard_of_environment();

}  // namespace fcclip::apps
