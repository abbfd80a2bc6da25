// fcclip eval: a model on the benchmarks, or on data of your own.

#include <chrono>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>

#include <nlohmann/json.hpp>

#include "apps/commands.h"
#include "apps/eval_flags.h"
#include "apps/evaluation_record.h"
#include "apps/options_file.h"
#include "apps/overlay_flags.h"
#include "apps/progress_bar.h"
#include "apps/stop_signal.h"
#include "fcclip/core/environment.h"
#include "fcclip/core/error.h"
#include "fcclip/eval/html_report.h"
#include "fcclip/eval/picture_scores.h"
#include "fcclip/eval/prediction_files.h"
#include "fcclip/eval/record_file.h"
#include "fcclip/eval/score_json.h"
#include "fcclip/eval/summary.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/outputs/json_text.h"
#include "fcclip/runs/run_record.h"

namespace fcclip::apps {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// One data set of the command line.
class Run {
 public:
  Run(const EvalFlags& flags, const segmenter::Segmenter& segmenter, EvalTarget& target)
      : flags_(flags),
        target_(target),
        segmenter_(segmenter),
        folder_(fs::path(flags.output) / target.name),
        shard_(process_place()) {
    eval::EvaluateOptions& options = target_.options;
    const segmenter::AskOptions defaults = segmenter.ask_defaults();
    options.classifiers = eval::classifiers_of(flags.classifier, defaults.ensemble);
    options.panoptic_options = defaults.panoptic;
    options.instance_options = defaults.instances;
    if (target.detections > 0) options.instance_options.top_k = target.detections;
    if (!flags.no_predictions) options.predictions = folder_;
    count_ = target.split->size();
    if (flags.limit > 0) count_ = std::min(count_, flags.limit);
    header_ = make_header();
  }

  // Throws Error{invalid_argument} rather than replace an evaluation.
  void check_folder() const {
    if (flags_.resume || flags_.merge || flags_.overwrite) return;
    const bool has_records = fs::exists(eval::record_path(folder_, shard_.rank, shard_.count));
    if (!has_records && !fs::exists(folder_ / "scores.json")) return;
    fail(ErrorCode::invalid_argument, folder_.string(),
         ": holds an evaluation already; go on with --resume, choose another --output, or replace "
         "it with --overwrite");
  }

  /// What scores.json holds; nothing where other shards are still to come.
  std::optional<eval::EvaluationScores> work() {
    start_ = std::chrono::steady_clock::now();
    seen_ = classify::seen_classes(words(), segmenter_.config().training_vocabulary);
    if (!flags_.merge) evaluate();
    if (shard_.count > 1 && !flags_.merge && !all_shards_done()) return std::nullopt;
    return sum_up();
  }
  /// Of what work() gave, as it is written.
  const json& document() const { return document_; }

 private:
  const classify::Vocabulary& words() const { return target_.split->vocabulary(); }

  eval::RunHeader make_header() const {
    const eval::EvaluateOptions& o = target_.options;
    const model::Config& config = segmenter_.config();
    return {target_.name,
            count_,
            std::ssize(words().classes),
            config.name + " " + config.provenance,
            runs::file_fingerprint(find_model(flags_.model.model)),
            o.panoptic,
            o.instances,
            o.semantic,
            flags_.classifier,
            flags_.oracle,
            o.size,
            config.ensemble.alpha,
            config.ensemble.beta};
  }

  void evaluate() {
    const segmenter::PreparedVocabulary prepared =
        segmenter_.prepare(words(), bar_until_stopped("reading words", "words"));
    const eval::Evaluator evaluator(segmenter_, *target_.split, prepared, target_.options);
    eval::RecordFile records(eval::record_path(folder_, shard_.rank, shard_.count), header_,
                             words(), flags_.resume);
    try {
      eval::evaluate_share(evaluator, {shard_.rank, shard_.count, count_}, records,
                           bar_until_stopped(target_.name, "images"));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::interrupted) throw;
      fail(error.code(), target_.name, ": ", error.what(), "; continue with --resume");
    }
  }

  bool all_shards_done() const {
    for (int64_t rank = 0; rank < shard_.count; ++rank) {
      if (!fs::exists(eval::record_path(folder_, rank, shard_.count))) return false;
    }
    int64_t found = 0;
    eval::read_records(eval::record_files(folder_), header_,
                       [&](const eval::StoredPicture&) { ++found; });
    return found == count_;
  }

  // Adds up all records.
  struct Total {
    int64_t pictures = 0;
    std::map<std::string, eval::PictureScores> scores;  // by classifier
    std::vector<eval::RankedPicture> ranked;
  };
  Total total() const {
    Total total;
    eval::read_records(
        eval::record_files(folder_), header_, [&](const eval::StoredPicture& picture) {
          ++total.pictures;
          for (const auto& [name, scores] : picture.scores) {
            eval::add_record(
                total.scores.try_emplace(name, std::ssize(words().classes)).first->second, scores);
          }
          if (picture.scores.contains(shown())) {
            eval::keep_extremes(total.ranked, ranked_picture(picture));
          }
        });
    if (total.pictures < count_) {
      fail(ErrorCode::bad_format, folder_.string(), ": records of ", total.pictures, " of ", count_,
           " pictures; run again with --resume");
    }
    return total;
  }

  eval::EvaluationScores sum_up() {
    const Total sums = total();
    const eval::SummaryInput input{words(), seen_, target_.options.panoptic,
                                   target_.options.instances, target_.options.semantic};
    eval::EvaluationScores scores{target_.title, sums.pictures, {}};
    for (const auto& [name, one] : sums.scores) {
      scores.classifiers[name] = eval::summarise(one, input);
      if (flags_.no_predictions) continue;
      eval::write_prediction_files(folder_, header_, name, words());
    }
    const json run = run_record();
    document_ = eval::to_json(scores);
    document_["run"] = run;
    io::write_atomically(folder_ / "scores.json", outputs::json_text(document_));
    eval::write_html_report(folder_ / "report.html",
                            {*target_.split, scores, sums.scores.at(shown()).semantic, shown(),
                             flags_.no_predictions ? fs::path() : folder_ / shown(), sums.ranked,
                             run_facts(run), bundled_fonts()});
    return scores;
  }

  // The classifier whose pictures and classes the report shows.
  const std::string& shown() const { return target_.options.classifiers.front().name; }

  eval::RankedPicture ranked_picture(const eval::StoredPicture& stored) const {
    eval::PictureScores alone(std::ssize(words().classes));
    eval::add_record(alone, stored.scores.at(shown()));
    const eval::PictureRank rank = eval::picture_rank(alone);
    eval::RankedPicture picture{stored.index, stored.name, rank.value, rank.metric, {}};
    const auto segments = stored.panoptic.find(shown());
    if (segments == stored.panoptic.end()) return picture;
    for (const eval::AnsweredSegment& segment : segments->second) {
      for (int64_t k = 0; k < std::ssize(words().classes); ++k) {
        if (words().classes[k].id != segment.category_id) continue;
        picture.answer.push_back({segment.id, k, false});
      }
    }
    return picture;
  }

  json run_record() const {
    json run = evaluation_record(find_model(flags_.model.model), segmenter_, target_.options);
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start_;
    run["seconds"] = std::round(10 * spent.count()) / 10;
    return run;
  }

  const EvalFlags& flags_;
  EvalTarget& target_;
  const segmenter::Segmenter& segmenter_;
  fs::path folder_;
  ProcessPlace shard_;
  int64_t count_ = 0;
  eval::RunHeader header_;
  json document_;
  std::vector<bool> seen_;
  std::chrono::steady_clock::time_point start_;
};

// Every group of a table that it has, and those numbers.
void print_task(const std::string& title, const std::optional<eval::ScoreTable>& table,
                const std::vector<const char*>& groups, const std::vector<const char*>& metrics) {
  if (!table) return;
  for (const char* group : groups) {
    std::printf("  %-26s", (title + " " + group).c_str());
    for (const char* metric : metrics) {
      if (const eval::Score value = table->value(group, metric)) {
        std::printf("  %s %6.2f", metric, *value);
      } else {
        std::printf("  %s      -", metric);
      }
    }
    std::printf("\n");
  }
}

void print_scores(const eval::EvaluationScores& scores) {
  std::printf("%s, %ld %s\n", scores.data_set.c_str(), static_cast<long>(scores.pictures),
              scores.pictures == 1 ? "image" : "images");
  const std::vector<const char*> split = {"All", "Seen", "Unseen"};
  const std::vector<const char*> ap = {"AP", "AP50", "AP75", "APs", "APm", "APl"};
  for (const char* classifier : {"ensemble", "in", "out"}) {
    const auto found = scores.classifiers.find(classifier);
    if (found == scores.classifiers.end()) continue;
    std::printf(" %s\n", classifier);
    const eval::RunSummary& one = found->second;
    print_task("panoptic", one.panoptic,
               {"All", "Things", "Stuff", "Seen", "Unseen", "class_agnostic"}, {"pq", "sq", "rq"});
    print_task("masks", one.masks, split, ap);
    print_task("boxes", one.boxes, split, ap);
    print_task("semantic", one.semantic, split, {"mIoU", "fwIoU", "mACC", "pACC", "mBIoU"});
  }
}

// Of several processes on one machine each takes a GPU of its own.
ModelFlags model_of_process(ModelFlags flags) {
  const ProcessPlace place = process_place();
  if (flags.device == "cuda" && place.count > 1 && place.local_rank) {
    flags.device += ":" + std::to_string(*place.local_rank);
  }
  return flags;
}

void evaluate(const EvalFlags& flags) {
  std::vector<EvalTarget> targets = open_targets(flags);
  tell_bundled_model(flags.model, model_config(flags.model), {});
  const segmenter::Segmenter segmenter = load_segmenter(model_of_process(flags.model));
  announce_stop("stopping after this picture; again to stop now");
  stop_signal();  // from here on a signal ends the run between two pictures
  json all = json::array();
  std::vector<std::unique_ptr<Run>> runs;
  for (EvalTarget& target : targets) {
    for (const std::string& line : target.split->remarks()) std::cerr << line << '\n';
    runs.push_back(std::make_unique<Run>(flags, segmenter, target));
    runs.back()->check_folder();  // of all, before the first begins
  }
  for (size_t i = 0; i < targets.size(); ++i) {
    const EvalTarget& target = targets[i];
    const std::optional<eval::EvaluationScores> scores = runs[i]->work();
    if (!scores) {
      std::cerr << target.name << ": this shard is done; the last one, or --merge, sums up\n";
      continue;
    }
    if (flags.json) {
      all.push_back(runs[i]->document());
    } else {
      print_scores(*scores);
    }
  }
  if (flags.json) std::cout << outputs::json_text(all.size() == 1 ? all[0] : all);
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
