#include "fcclip/eval/evaluation_run.h"

#include <cmath>
#include <map>

#include "fcclip/core/error.h"
#include "fcclip/eval/evaluation_record.h"
#include "fcclip/eval/evaluator.h"
#include "fcclip/eval/picture_scores.h"
#include "fcclip/eval/prediction_files.h"
#include "fcclip/eval/score_json.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/outputs/json_text.h"
#include "fcclip/runs/run_record.h"

namespace fcclip::eval {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

ProcessPlace place_of(const EvaluationPlan& plan) {
  if (!plan.shard) return process_place();
  return {plan.shard->number - 1, plan.shard->count, std::nullopt};
}

}  // namespace

// All records of a data set, added up.
struct EvaluationRun::Total {
  int64_t pictures = 0;
  std::map<std::string, PictureScores> scores;  // by classifier
  std::vector<RankedPicture> ranked;
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
    : plan_(std::move(plan)),
      target_(target),
      segmenter_(segmenter),
      folder_(plan_.output / target.name),
      share_(place_of(plan_)) {
  EvaluateOptions& options = target_.options;
  const segmenter::AskOptions defaults = segmenter.ask_defaults();
  classify::EnsembleOptions ensemble = defaults.ensemble;
  if (plan_.adjust) plan_.adjust(ensemble);
  options.classifiers = classifiers_of(plan_.classifier, ensemble);
  clip_trust_ = ensemble.clip_trust;
  const naming::NamingConfig& head = segmenter.config().naming;
  options.resized_late = options.resized_late || head.scores_resized_late;
  if (head.own_input_size) options.size = target.asked_size;
  options.panoptic_options = defaults.panoptic;
  options.instance_options = defaults.instances;
  if (target.detections > 0) options.instance_options.top_k = target.detections;
  if (plan_.predictions) options.predictions = folder_;
  count_ = target.split->size();
  if (plan_.limit > 0) count_ = std::min(count_, plan_.limit);
  header_ = make_header();
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
          config.ensemble.alpha,
          config.ensemble.beta,
          !o.cityscapes_truth.empty(),
          clip_trust_};
}

void EvaluationRun::evaluate() {
  const segmenter::PreparedVocabulary prepared =
      segmenter_.prepare(words(), progress("reading words", "words"));
  const Evaluator evaluator(segmenter_, *target_.split, prepared, target_.options);
  RecordFile records(record_path(folder_, share_.rank, share_.count), header_, words(),
                     plan_.resume);
  try {
    evaluate_share(evaluator, {share_.rank, share_.count, count_}, records,
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

EvaluationRun::Total EvaluationRun::total() const {
  Total total;
  read_records(record_files(folder_), header_, [&](const StoredPicture& picture) {
    ++total.pictures;
    for (const auto& [name, scores] : picture.scores) {
      add_record(total.scores.try_emplace(name, std::ssize(words().classes)).first->second, scores);
    }
    if (picture.scores.contains(shown())) keep_extremes(total.ranked, ranked_picture(picture));
  });
  if (total.pictures < count_) {
    fail(ErrorCode::bad_format, folder_.string(), ": records of ", total.pictures, " of ", count_,
         " pictures; run again with --resume");
  }
  return total;
}

EvaluationScores EvaluationRun::sum_up() {
  const Total sums = total();
  const SummaryInput input{words(), seen_, target_.options.panoptic, target_.options.instances,
                           target_.options.semantic};
  EvaluationScores scores{target_.title, sums.pictures, {}};
  for (const auto& [name, one] : sums.scores) {
    scores.classifiers[name] = summarise(one, input);
    if (plan_.predictions) write_prediction_files(folder_, header_, name, words());
  }
  const json run = run_record();
  document_ = to_json(scores);
  document_["run"] = run;
  io::write_atomically(folder_ / "scores.json", outputs::json_text(document_));
  write_html_report(folder_ / "report.html",
                    {*target_.split, scores, sums.scores.at(shown()).semantic, shown(),
                     plan_.predictions ? folder_ / shown() : fs::path(), sums.ranked,
                     run_facts(run), plan_.font_folder});
  return scores;
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

json EvaluationRun::run_record() const {
  json run = evaluation_record(plan_.model, segmenter_, target_.options);
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start_;
  run["seconds"] = std::round(10 * spent.count()) / 10;
  return run;
}

}  // namespace fcclip::eval
