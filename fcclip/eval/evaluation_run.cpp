#include "fcclip/eval/evaluation_run.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "fcclip/core/error.h"
#include "fcclip/core/hash.h"
#include "fcclip/eval/evaluation_record.h"
#include "fcclip/eval/evaluator.h"
#include "fcclip/eval/picture_scores.h"
#include "fcclip/eval/prediction_files.h"
#include "fcclip/eval/score_json.h"
#include "fcclip/eval/sweep_scores.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/outputs/json_text.h"
#include "fcclip/runs/run_record.h"

namespace fcclip::eval {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

// Classifiers whose scores are in memory at once: 100 instances a picture take about 100 MB each
// of 5,000 pictures.
constexpr size_t kSummedAtOnce = 8;

ProcessPlace place_of(const EvaluationPlan& plan) {
  if (!plan.shard) return process_place();
  return {plan.shard->number - 1, plan.shard->count, std::nullopt};
}

}  // namespace

// The records of a data set under some classifiers, added up.
struct EvaluationRun::Total {
  int64_t pictures = 0;
  std::map<std::string, PictureScores> scores;  // by classifier
  std::vector<RankedPicture> ranked;
};

// What is said about them.
struct EvaluationRun::Sums {
  EvaluationScores scores;
  SemanticScore confusion;  // of the classifier shown
  std::vector<RankedPicture> ranked = {};
};

namespace {

// So that a run is not continued in another precision.
std::string in_words(ops::Products products) {
  if (products == ops::Products::float32) return "";
  return " (products in " + std::string(ops::name(products)) + ")";
}

}  // namespace

EvaluationRun::EvaluationRun(EvaluationPlan plan, const segmenter::Segmenter& segmenter,
                             EvaluationTarget& target)
    : EvaluationRun(std::move(plan), std::span(&segmenter, 1), target) {}

EvaluationRun::EvaluationRun(EvaluationPlan plan, std::span<const segmenter::Segmenter> segmenters,
                             EvaluationTarget& target)
    : plan_(std::move(plan)),
      target_(target),
      segmenters_(segmenters),
      segmenter_(segmenters.front()),
      folder_(plan_.output / target.name),
      share_(place_of(plan_)) {
  EvaluateOptions& options = target_.options;
  const naming::NamingConfig& head = segmenter_.config().naming;
  options.resized_late = options.resized_late || head.scores_resized_late;
  if (head.own_input_size) options.size = target.asked_size;
  options.instance_options = segmenter_.ask_defaults().instances;
  if (target.detections > 0) options.instance_options.top_k = target.detections;
  if (plan_.top_k) options.instance_options.top_k = *plan_.top_k;
  choose_classifiers();
  options.predictions = plan_.predictions && sweep_.is_one() ? folder_ : fs::path();
  count_ = target.split->size();
  if (plan_.limit > 0) count_ = std::min(count_, plan_.limit);
  header_ = make_header();
}

// Of classes that bring rows; empty where none does.
std::string rows_of(const classify::Vocabulary& words) {
  std::string keys;
  for (const classify::VocabularyClass& entry : words.classes)
    keys += classify::rows_key(entry.rows);
  return keys.empty() ? "" : hex(hash_text(keys));
}

// Settings are the ensemble's; in-vocabulary and out-of-vocabulary answers share the thresholds.
void EvaluationRun::choose_classifiers() {
  segmenter::AskOptions defaults = segmenter_.ask_defaults();
  if (plan_.adjust) plan_.adjust(defaults.ensemble);
  sweep_ = make_sweep({"ensemble", defaults.ensemble, defaults.panoptic}, plan_.settings);
  const Classifier& first = sweep_.classifiers.front();
  std::vector<Classifier>& classifiers = target_.options.classifiers;
  classifiers = classifiers_of(plan_.classifier, first.ensemble, first.panoptic);
  for (const SettingValues& one : plan_.settings) {
    const bool of_ensemble = one.setting == Setting::alpha || one.setting == Setting::beta;
    if (!of_ensemble || classifiers.front().name == "ensemble") continue;
    fail(ErrorCode::invalid_argument, setting_name(one.setting), " is of the ensemble, and the '",
         plan_.classifier, "' answers have none; ask for the ensemble");
  }
  if (sweep_.is_one()) return;
  if (classifiers.size() > 1 || classifiers.front().name != "ensemble") {
    fail(ErrorCode::invalid_argument, "a sweep asks the ensemble, not '", plan_.classifier,
         "' answers; alpha and beta of 0 are in-vocabulary ones, of 1 out-of-vocabulary ones");
  }
  for (const SettingValues& axis : sweep_.axes) {
    const bool of_ensemble = axis.setting == Setting::alpha || axis.setting == Setting::beta;
    if (of_ensemble || target_.options.panoptic) continue;
    fail(ErrorCode::invalid_argument, target_.name, ": ", setting_name(axis.setting),
         " changes panoptic results alone, and they are not measured here; sweep over something "
         "else");
  }
  classifiers = sweep_.classifiers;
}

void EvaluationRun::check_folder() const {
  if (plan_.resume || plan_.merge || plan_.overwrite) return;
  const bool has_records = fs::exists(record_path(folder_, share_.rank, share_.count));
  if (!has_records && !fs::exists(folder_ / "scores.json")) return;
  fail(ErrorCode::invalid_argument, folder_.string(),
       ": holds an evaluation already; go on with --resume, choose another --output, or replace "
       "it with --overwrite");
}

std::optional<EvaluationScores> EvaluationRun::work() {
  start_ = std::chrono::steady_clock::now();
  seen_ = classify::seen_classes(words(), segmenter_.config().training_vocabulary);
  if (!plan_.merge) evaluate();
  if (share_.count > 1 && !plan_.merge && !all_shares_done()) return std::nullopt;
  return sum_up();
}

Progress EvaluationRun::progress(const std::string& label, const std::string& parts) const {
  return plan_.progress ? plan_.progress(label, parts) : Progress();
}

RunHeader EvaluationRun::make_header() const {
  const EvaluateOptions& o = target_.options;
  const model::Config& config = segmenter_.config();
  return {target_.name,
          count_,
          std::ssize(words().classes),
          config.name + " " + config.provenance + in_words(segmenter_.products()),
          runs::file_fingerprint(plan_.model),
          o.panoptic,
          o.instances,
          o.semantic,
          plan_.classifier,
          oracle_name(o.oracle),
          o.size,
          !o.cityscapes_truth.empty(),
          o.views,
          o.instance_options.top_k,
          sweep_.classifiers.front().ensemble,
          sweep_.classifiers.front().panoptic,
          sweep_.axes,
          rows_of(words())};
}

void EvaluationRun::evaluate() {
  std::vector<segmenter::PreparedVocabulary> prepared = {
      segmenter_.prepare(words(), progress("reading words", "words"))};
  for (const segmenter::Segmenter& other : segmenters_.subspan(1)) {
    prepared.push_back(other.take_over(prepared.front()));
  }
  std::vector<Evaluator> evaluators;
  for (size_t i = 0; i < segmenters_.size(); ++i) {
    evaluators.emplace_back(segmenters_[i], *target_.split, prepared[i], target_.options);
  }
  RecordFile records(record_path(folder_, share_.rank, share_.count), header_, words(),
                     plan_.resume);
  try {
    evaluate_share(evaluators, {share_.rank, share_.count, count_}, records,
                   progress(target_.name, "images"));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::interrupted) throw;
    fail(error.code(), target_.name, ": ", error.what(), "; continue with --resume");
  }
}

bool EvaluationRun::all_shares_done() const {
  for (int64_t rank = 0; rank < share_.count; ++rank) {
    if (!fs::exists(record_path(folder_, rank, share_.count))) return false;
  }
  int64_t found = 0;
  read_records(record_files(folder_), header_, [&](const StoredPicture&) { ++found; });
  return found == count_;
}

EvaluationRun::Total EvaluationRun::total(std::span<const Classifier> some) const {
  Total total;
  for (const Classifier& one : some) {
    total.scores.try_emplace(one.name, std::ssize(words().classes));
  }
  read_records(record_files(folder_), header_, [&](const StoredPicture& picture) {
    ++total.pictures;
    for (auto& [name, scores] : total.scores) {
      const auto found = picture.scores.find(name);
      if (found != picture.scores.end()) add_record(scores, found->second);
    }
    if (sweep_.is_one()) keep_extremes(total.ranked, ranked_picture(picture));
  });
  if (total.pictures < count_) {
    fail(ErrorCode::bad_format, folder_.string(), ": records of ", total.pictures, " of ", count_,
         " pictures; run again with --resume");
  }
  return total;
}

EvaluationRun::Sums EvaluationRun::sums() const {
  const SummaryInput input{words(), seen_, target_.options.panoptic, target_.options.instances,
                           target_.options.semantic};
  const std::vector<Classifier>& all = target_.options.classifiers;
  Sums sums{{target_.title, 0, {}}, SemanticScore(std::ssize(words().classes))};
  SweepScores sweep{sweep_.axes, {}, 0};
  for (size_t begin = 0; begin < all.size(); begin += kSummedAtOnce) {
    const size_t count = std::min(kSummedAtOnce, all.size() - begin);
    Total some = total(std::span(all).subspan(begin, count));
    sums.scores.pictures = some.pictures;
    if (sweep_.is_one()) sums.ranked = std::move(some.ranked);
    for (size_t i = begin; i < begin + count; ++i) {
      const PictureScores& one = some.scores.at(all[i].name);
      RunSummary summary = summarise(one, input);
      if (sweep_.is_one()) {
        if (i == 0) sums.confusion = one.semantic;
        sums.scores.classifiers[all[i].name] = std::move(summary);
        continue;
      }
      sweep.rows.push_back({sweep_.points[i], std::move(summary)});
      sweep.best = best_row(sweep.rows);
      if (sweep.best == i) sums.confusion = one.semantic;
    }
  }
  if (sweep_.is_one()) return sums;
  sums.scores.classifiers["ensemble"] = sweep.rows[sweep.best].scores;
  sums.scores.sweep = std::move(sweep);
  return sums;
}

EvaluationScores EvaluationRun::sum_up() {
  Sums sums = this->sums();
  const std::string shown = sweep_.is_one() ? this->shown() : "ensemble";
  if (!target_.options.predictions.empty()) {
    for (const Classifier& one : target_.options.classifiers) {
      write_prediction_files(folder_, header_, one.name, words());
    }
  }
  const json run = run_record(sums.scores);
  document_ = to_json(sums.scores);
  document_["run"] = run;
  io::write_atomically(folder_ / "scores.json", outputs::json_text(document_));
  const fs::path& predictions = target_.options.predictions;
  write_html_report(folder_ / "report.html",
                    {*target_.split, sums.scores, sums.confusion, shown,
                     predictions.empty() ? fs::path() : predictions / shown, sums.ranked,
                     run_facts(run), plan_.font_folder});
  return std::move(sums.scores);
}

RankedPicture EvaluationRun::ranked_picture(const StoredPicture& stored) const {
  PictureScores alone(std::ssize(words().classes));
  add_record(alone, stored.scores.at(shown()));
  const PictureRank rank = picture_rank(alone);
  RankedPicture picture{stored.index, stored.name, rank.value, rank.metric, {}};
  const auto segments = stored.panoptic.find(shown());
  if (segments == stored.panoptic.end()) return picture;
  for (const AnsweredSegment& segment : segments->second) {
    for (int64_t k = 0; k < std::ssize(words().classes); ++k) {
      if (words().classes[k].id != segment.category_id) continue;
      picture.answer.push_back({segment.id, k, false});
    }
  }
  return picture;
}

json EvaluationRun::run_record(const EvaluationScores& scores) const {
  EvaluateOptions options = target_.options;
  if (scores.sweep) {
    options.classifiers = {sweep_.classifiers[scores.sweep->best]};
    options.classifiers.front().name = "ensemble";
  }
  json run = evaluation_record(plan_.model, segmenter_, options);
  for (const SettingValues& axis : sweep_.axes)
    run["sweep"][setting_name(axis.setting)] = axis.values;
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start_;
  run["seconds"] = std::round(10 * spent.count()) / 10;
  return run;
}

}  // namespace fcclip::eval
