#pragma once
// What `eval` is asked to do.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/segment_options.h"
#include "fcclip/core/shard.h"
#include "fcclip/eval/evaluation_target.h"
#include "fcclip/eval/sweep.h"

namespace fcclip::apps {

struct EvalFlags {
  std::vector<std::string> datasets;
  std::string config, root, output = "eval", classifier = "ensemble", oracle = "none", vocabulary;
  std::vector<std::string> tasks;
  eval::OwnData own;   ///< without its vocabulary
  std::string expect;  ///< figures, as eval::parse_expectations takes them
  int64_t limit = 0, short_side = 0, max_side = 0;
  SweepFlags ask;
  std::string views = "none";
  std::optional<Shard> shard;
  bool resume = false, merge = false, json = false, no_predictions = false, overwrite = false;
  ModelFlags model;
  HeadOptions head;
};

void add_eval_flags(CLI::App& command, EvalFlags& flags);
/// Behind the name of a data set that there is not.
inline constexpr std::string_view kOwnDataAdvice =
    "; for your own give --panoptic-json, --instances-json or --label-pngs";
/// Those of somebody's own data set.
void add_own_data_flags(CLI::App& command, EvalFlags& flags);

/// The settings that were given, in place of the model's.
std::vector<eval::SettingValues> settings_of(const SweepFlags& flags);

/// The own data set, of which has_truth() holds. Throws as below.
eval::EvaluationTarget open_own(const EvalFlags& flags);

/// Throws Error{invalid_argument, not_found, bad_format}.
std::vector<eval::EvaluationTarget> open_targets(const EvalFlags& flags);

}  // namespace fcclip::apps
