// fcclip eval: a model on the benchmarks, or on data of your own.

#include <cstdio>
#include <iostream>
#include <memory>

#include "apps/commands.h"
#include "apps/eval_flags.h"
#include "apps/options_file.h"
#include "apps/overlay_flags.h"
#include "fcclip/cli/failure.h"
#include "fcclip/cli/progress_bar.h"
#include "fcclip/cli/stop_signal.h"
#include "fcclip/core/environment.h"
#include "fcclip/core/freed_memory.h"
#include "fcclip/core/listed.h"
#include "fcclip/core/own_folders.h"
#include "fcclip/eval/evaluation_run.h"
#include "fcclip/eval/evaluation_text.h"
#include "fcclip/eval/flat_scores.h"
#include "fcclip/outputs/json_text.h"

namespace fcclip::apps {
namespace {

using nlohmann::json;

// Of several processes on one machine each takes a GPU of its own.
ModelFlags model_of_process(ModelFlags flags) {
  const ProcessPlace place = process_place();
  if (flags.device == "cuda" && place.count > 1 && place.local_rank) {
    flags.device += ":" + std::to_string(*place.local_rank);
  }
  return flags;
}

eval::EvaluationPlan plan_of(const EvalFlags& flags) {
  eval::EvaluationPlan plan;
  plan.output = flags.output;
  plan.model = find_model(flags.model.model);
  plan.classifier = flags.classifier;
  plan.settings = settings_of(flags.ask);
  plan.top_k = flags.ask.top_k;
  plan.limit = flags.limit;
  plan.adjust = [head = flags.head](classify::EnsembleOptions& ensemble) {
    apply_head_options(head, ensemble);
  };
  plan.shard = flags.shard;
  plan.predictions = !flags.no_predictions;
  plan.resume = flags.resume;
  plan.merge = flags.merge;
  plan.overwrite = flags.overwrite;
  plan.font_folder = own_data("fonts");
  plan.progress = cli::bar_until_stopped;
  return plan;
}

void evaluate(const EvalFlags& flags) {
  keep_freed_memory();
  const std::vector<eval::Expectation> expected = eval::parse_expectations(flags.expect);
  std::vector<eval::EvaluationTarget> targets = open_targets(flags);
  eval::check_expectations(expected, targets);
  tell_bundled_model(flags.model, model_config(flags.model), {});
  const std::vector<segmenter::Segmenter> segmenters =
      load_segmenters(model_of_process(flags.model));
  cli::announce_stop("stopping after this picture; again to stop now");
  cli::stop_signal();  // from here on a signal ends the run between two pictures
  json all = json::array();
  std::vector<std::unique_ptr<eval::EvaluationRun>> runs;
  for (eval::EvaluationTarget& target : targets) {
    for (const std::string& line : target.split->remarks()) std::cerr << line << '\n';
    for (const std::string& line : target.remarks) std::cerr << line << '\n';
    runs.push_back(
        std::make_unique<eval::EvaluationRun>(plan_of(flags), std::span(segmenters), target));
    runs.back()->check_folder();  // of all, before the first begins
  }
  std::vector<std::string> missed;
  for (size_t i = 0; i < targets.size(); ++i) {
    const eval::EvaluationTarget& target = targets[i];
    const std::optional<eval::EvaluationScores> scores = runs[i]->work();
    if (!scores) {
      std::cerr << target.name << ": this shard is done; the last one, or --merge, sums up\n";
      continue;
    }
    for (const std::string& part : eval::missed_figures(expected, *scores, target.name)) {
      missed.push_back(part);
    }
    if (flags.json) {
      all.push_back(runs[i]->document());
    } else {
      if (scores->sweep) std::cout << eval::sweep_text(*scores->sweep);
      std::cout << eval::evaluation_text(*scores);
    }
  }
  if (flags.json) std::cout << outputs::json_text(all.size() == 1 ? all[0] : all);
  if (!missed.empty()) throw cli::MissedTarget(listed(missed));
}

}  // namespace

void add_eval(CLI::App& app) {
  auto flags = std::make_shared<EvalFlags>();
  CLI::App* command = app.add_subcommand("eval", "Evaluate a model on data sets");
  add_eval_flags(*command, *flags);
  command->callback([flags, command] {
    read_options_file(*command, flags->config);
    evaluate(*flags);
  });
}

}  // namespace fcclip::apps
