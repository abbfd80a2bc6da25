// fcclip eval: a model on the benchmarks, or on data of your own.

#include <cstdio>
#include <iostream>
#include <map>

#include <nlohmann/json.hpp>

#include "apps/commands.h"
#include "apps/eval_flags.h"
#include "apps/progress.h"
#include "apps/stop_signal.h"
#include "fcclip/core/error.h"
#include "fcclip/eval/html_report.h"
#include "fcclip/eval/picture_scores.h"
#include "fcclip/eval/prediction_files.h"
#include "fcclip/eval/record_file.h"
#include "fcclip/eval/summary.h"
#include "fcclip/io/atomic_file.h"

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
        shard_(shard_of_environment()) {
    eval::EvaluateOptions& options = target_.options;
    const AskOptions defaults = segmenter.ask_defaults();
    options.classifiers = eval::classifiers_of(flags.classifier, defaults.ensemble);
    options.panoptic_options = defaults.panoptic;
    if (target.name != "lvis") options.instance_options = defaults.instances;
    if (!flags.no_predictions) options.predictions = folder_;
    count_ = target.benchmark->size();
    if (flags.limit > 0) count_ = std::min(count_, flags.limit);
    header_ = make_header();
  }

  // The numbers; null where other shards are still to come.
  json work() {
    seen_ = classify::seen_classes(words(), segmenter_.config().training_vocabulary);
    if (!flags_.merge) evaluate();
    if (shard_.count > 1 && !flags_.merge && !all_shards_done()) return nullptr;
    return sum_up();
  }

 private:
  const classify::Vocabulary& words() const { return target_.benchmark->vocabulary(); }

  json make_header() const {
    const eval::EvaluateOptions& o = target_.options;
    const ModelConfig& config = segmenter_.config();
    return {{"data set", target_.name},
            {"number of pictures", count_},
            {"number of classes", words().classes.size()},
            {"model", config.name + " " + config.provenance},
            {"task", {o.panoptic, o.instances, o.semantic}},
            {"classifier", flags_.classifier},
            {"oracle", flags_.oracle},
            {"input size", {o.size.short_side, o.size.max_side}},
            {"ensemble", {config.ensemble.alpha, config.ensemble.beta}}};
  }

  void evaluate() {
    std::unique_ptr<Progress> bar;
    const auto report = [&bar](int64_t done, int64_t total) {
      if (!bar) bar = std::make_unique<Progress>("reading words", total, "prompts");
      bar->update(done);
    };
    const PreparedVocabulary prepared = segmenter_.prepare(words(), report);
    bar.reset();
    const eval::Evaluator evaluator(segmenter_, *target_.benchmark, prepared, target_.options);
    eval::RecordFile records(eval::record_path(folder_, shard_.rank, shard_.count), header_,
                             flags_.resume);
    Progress progress(target_.name, (count_ - shard_.rank + shard_.count - 1) / shard_.count,
                      "images");
    int64_t done = 0;
    for (int64_t i = shard_.rank; i < count_; i += shard_.count, ++done) {
      if (stop_signal()) {
        fail(ErrorCode::interrupted, "stopped after ", done, " images; continue with --resume");
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
        if (name != target_.options.classifiers.front().name) continue;
        eval::PictureScores alone(classes);
        eval::add_record(alone, scores);
        eval::keep_extremes(ranked,
                            {record.at("index"), record.at("name"), eval::picture_rank(alone)});
      }
    });
    if (found < count_) {
      fail(ErrorCode::bad_format, folder_.string(), ": records of ", found, " of ", count_,
           " pictures; run again with --resume");
    }
    const eval::SummaryInput input{words(), seen_, target_.options.panoptic,
                                   target_.options.instances, target_.options.semantic};
    json scores = {{"dataset", target_.name}, {"images", found}};
    for (const auto& [name, total] : totals) scores[name] = eval::summarise(total, input);
    if (!flags_.no_predictions) {
      for (const auto& [name, total] : totals) {
        eval::write_prediction_files(folder_, header_.dump(), name, words());
      }
    }
    io::write_atomically(folder_ / "scores.json", scores.dump(1) + "\n");
    const std::string& shown = target_.options.classifiers.front().name;
    eval::write_html_report(folder_ / "report.html",
                            {*target_.benchmark, scores, totals.at(shown).semantic, shown,
                             flags_.no_predictions ? fs::path() : folder_ / shown, ranked});
    return scores;
  }

  const EvalFlags& flags_;
  EvalTarget& target_;
  const Segmenter& segmenter_;
  fs::path folder_;
  Shard shard_;
  int64_t count_ = 0;
  json header_;
  std::vector<bool> seen_;
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
  std::printf("%s, %ld images\n", scores["dataset"].get<std::string>().c_str(),
              scores["images"].get<long>());
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

void evaluate(const EvalFlags& flags) {
  std::vector<EvalTarget> targets = open_targets(flags);
  const Segmenter segmenter = load_segmenter(flags.model);
  stop_signal();  // from here on a signal ends the run between two pictures
  json all = json::array();
  for (EvalTarget& target : targets) {
    const json scores = Run(flags, segmenter, target).work();
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
  if (flags.json) std::cout << (all.size() == 1 ? all[0] : all).dump(1) << '\n';
}

}  // namespace

void add_eval(CLI::App& app) {
  auto flags = std::make_shared<EvalFlags>();
  CLI::App* command = app.add_subcommand("eval", "Evaluate a model on data sets");
  add_eval_flags(*command, *flags);
  command->callback([flags] { evaluate(*flags); });
}

}  // namespace fcclip::apps
