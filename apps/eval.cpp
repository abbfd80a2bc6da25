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
  Run(const EvalFlags& flags, const Segmenter& segmenter, EvalTarget& target)
      : flags_(flags),
        target_(target),
        segmenter_(segmenter),
        folder_(fs::path(flags.output) / target.name),
        shard_(process_place()) {
    eval::EvaluateOptions& options = target_.options;
    const AskOptions defaults = segmenter.ask_defaults();
    options.classifiers = eval::classifiers_of(flags.classifier, defaults.ensemble);
    options.panoptic_options = defaults.panoptic;
    if (target.name != "lvis") options.instance_options = defaults.instances;
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

  // The numbers; null where other shards are still to come.
  json work() {
    start_ = std::chrono::steady_clock::now();
    seen_ = classify::seen_classes(words(), segmenter_.config().training_vocabulary);
    if (!flags_.merge) evaluate();
    if (shard_.count > 1 && !flags_.merge && !all_shards_done()) return nullptr;
    return sum_up();
  }

 private:
  const classify::Vocabulary& words() const { return target_.split->vocabulary(); }

  json make_header() const {
    const eval::EvaluateOptions& o = target_.options;
    const model::Config& config = segmenter_.config();
    return {{"data set", target_.name},
            {"number of pictures", count_},
            {"number of classes", words().classes.size()},
            {"model", config.name + " " + config.provenance},
            {"model file", runs::file_fingerprint(find_model(flags_.model.model))},
            {"task", {o.panoptic, o.instances, o.semantic}},
            {"classifier", flags_.classifier},
            {"oracle", flags_.oracle},
            {"input size", {o.size.short_side, o.size.max_side}},
            {"ensemble", {config.ensemble.alpha, config.ensemble.beta}}};
  }

  void evaluate() {
    const PreparedVocabulary prepared =
        segmenter_.prepare(words(), bar_until_stopped("reading words", "words"));
    const eval::Evaluator evaluator(segmenter_, *target_.split, prepared, target_.options);
    eval::RecordFile records(eval::record_path(folder_, shard_.rank, shard_.count), header_,
                             flags_.resume);
    ProgressBar progress(target_.name, (count_ - shard_.rank + shard_.count - 1) / shard_.count,
                         "images");
    int64_t done = 0;
    for (int64_t i = shard_.rank; i < count_; i += shard_.count, ++done) {
      if (stop_signal()) {
        fail(ErrorCode::interrupted, target_.name, ": stopped after ", i, " of ", count_,
             " images; continue with --resume");
      }
      if (i <= records.last()) continue;
      progress.update(done);
      records.append(evaluator.one(i));
    }
  }

  bool all_shards_done() const {
    for (int64_t rank = 0; rank < shard_.count; ++rank) {
      if (!fs::exists(eval::record_path(folder_, rank, shard_.count))) return false;
    }
    int64_t found = 0;
    eval::read_records(eval::record_files(folder_), header_, [&](const json&) { ++found; });
    return found == count_;
  }

  json sum_up() {
    std::map<std::string, eval::PictureScores> totals;
    std::vector<eval::RankedPicture> ranked;
    int64_t found = 0;
    eval::read_records(eval::record_files(folder_), header_, [&](const json& record) {
      ++found;
      for (const auto& [name, scores] : record.at("scores").items()) {
        const int64_t classes = std::ssize(words().classes);
        eval::add_record(totals.try_emplace(name, classes).first->second, scores);
        if (name == shown()) eval::keep_extremes(ranked, ranked_picture(record, scores));
      }
    });
    if (found < count_) {
      fail(ErrorCode::bad_format, folder_.string(), ": records of ", found, " of ", count_,
           " pictures; run again with --resume");
    }
    const eval::SummaryInput input{words(), seen_, target_.options.panoptic,
                                   target_.options.instances, target_.options.semantic};
    json scores = {{"dataset", target_.title}, {"images", found}, {"run", run_record()}};
    for (const auto& [name, total] : totals) scores[name] = eval::summarise(total, input);
    if (!flags_.no_predictions) {
      for (const auto& [name, total] : totals) {
        eval::write_prediction_files(
            folder_, header_.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), name,
            words());
      }
    }
    io::write_atomically(folder_ / "scores.json", outputs::json_text(scores));
    eval::write_html_report(
        folder_ / "report.html",
        {*target_.split, scores, totals.at(shown()).semantic, shown(),
         flags_.no_predictions ? fs::path() : folder_ / shown(), ranked, bundled_fonts()});
    return scores;
  }

  // The classifier whose pictures and classes the report shows.
  const std::string& shown() const { return target_.options.classifiers.front().name; }

  eval::RankedPicture ranked_picture(const json& record, const json& scores) const {
    eval::PictureScores alone(std::ssize(words().classes));
    eval::add_record(alone, scores);
    const eval::PictureRank rank = eval::picture_rank(alone);
    eval::RankedPicture picture{record.at("index"), record.at("name"), rank.value, rank.metric, {}};
    const json::json_pointer place("/predictions/" + shown() + "/panoptic/segments_info");
    if (!record.contains(place)) return picture;
    for (const json& segment : record[place]) {
      for (int64_t k = 0; k < std::ssize(words().classes); ++k) {
        if (words().classes[k].id != segment.at("category_id")) continue;
        picture.answer.push_back({segment.at("id"), k, false});
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
  const Segmenter& segmenter_;
  fs::path folder_;
  ProcessPlace shard_;
  int64_t count_ = 0;
  json header_;
  std::vector<bool> seen_;
  std::chrono::steady_clock::time_point start_;
};

void print_group(const std::string& label, const json& group,
                 const std::vector<const char*>& keys) {
  std::printf("  %-26s", label.c_str());
  for (const char* key : keys) {
    if (!group.contains(key) || group[key].is_null()) {
      std::printf("  %s      -", key);
    } else {
      std::printf("  %s %6.2f", key, group[key].get<double>());
    }
  }
  std::printf("\n");
}

void print_scores(const json& scores) {
  const long images = scores["images"].get<long>();
  std::printf("%s, %ld %s\n", scores["dataset"].get<std::string>().c_str(), images,
              images == 1 ? "image" : "images");
  for (const char* classifier : {"ensemble", "in", "out"}) {
    if (!scores.contains(classifier)) continue;
    std::printf(" %s\n", classifier);
    const json& one = scores[classifier];
    if (one.contains("panoptic")) {
      for (const char* group : {"All", "Things", "Stuff", "Seen", "Unseen", "class_agnostic"}) {
        print_group(std::string("panoptic ") + group, one["panoptic"][group], {"pq", "sq", "rq"});
      }
    }
    for (const char* kind : {"masks", "boxes"}) {
      if (!one.contains("instances")) continue;
      for (const char* group : {"All", "Seen", "Unseen"}) {
        print_group(std::string(kind) + " " + group, one["instances"][kind][group],
                    {"AP", "AP50", "AP75", "APs", "APm", "APl"});
      }
    }
    if (!one.contains("semantic")) continue;
    for (const char* group : {"All", "Seen", "Unseen"}) {
      print_group(std::string("semantic ") + group, one["semantic"][group],
                  {"mIoU", "fwIoU", "mACC", "pACC", "mBIoU"});
    }
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
  const Segmenter segmenter = load_segmenter(model_of_process(flags.model));
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
    const json scores = runs[i]->work();
    if (scores.is_null()) {
      std::cerr << target.name << ": this shard is done; the last one, or --merge, sums up\n";
      continue;
    }
    if (flags.json) {
      all.push_back(scores);
    } else {
      print_scores(scores);
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
