#pragma once
// One data set evaluated, from its pictures to the report: records that an interrupted run goes on
// from and several processes share, scores, predictions.

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "fcclip/core/environment.h"
#include "fcclip/core/progress.h"
#include "fcclip/core/shard.h"
#include "fcclip/eval/evaluation_target.h"
#include "fcclip/eval/html_report.h"
#include "fcclip/eval/record_file.h"
#include "fcclip/eval/summary.h"

namespace fcclip::eval {

/// What an evaluation does with each of its data sets.
struct EvaluationPlan {
  std::filesystem::path output;              ///< holds a folder for each data set
  std::filesystem::path model;               ///< the file that the segmenter was loaded from
  std::string classifier = "ensemble";       ///< as classifiers_of takes it
  std::vector<SettingValues> settings = {};  ///< in place of the model's; several values: a sweep
  std::optional<int64_t> top_k = {};  ///< instances a picture; none: the data set's, the model's
  int64_t limit = 0;                  ///< only the first pictures; 0: all
  std::optional<Shard> shard = {};    ///< of the pictures; none: as the launcher says
  bool predictions = true;            ///< written
  bool resume = false;                ///< go on from the records that are there
  bool merge = false;                 ///< only sum up the records of all processes
  bool overwrite = false;             ///< replace an evaluation
  std::filesystem::path font_folder = {};  ///< as ReportInput has it
  /// Sets what the ensemble is asked with in place of the model's own; none: nothing.
  std::function<void(classify::EnsembleOptions&)> adjust = {};
  /// The progress of a piece of work, by its label and what it counts.
  std::function<Progress(const std::string& label, const std::string& parts)> progress = {};
};

/// A data set's share of this process, and when all shares are done, their sum.
class EvaluationRun {
 public:
  /// `segmenter` and `target` must outlive the run. Throws Error{invalid_argument, not_found}.
  EvaluationRun(EvaluationPlan plan, const segmenter::Segmenter& segmenter,
                EvaluationTarget& target);
  /// `segmenters`: one or more, of one model file, each on a device; they share the pictures.
  EvaluationRun(EvaluationPlan plan, std::span<const segmenter::Segmenter> segmenters,
                EvaluationTarget& target);

  /// Throws Error{invalid_argument} rather than replace an evaluation.
  void check_folder() const;

  /// Evaluates and writes scores.json, report.html and the predictions. What scores.json holds;
  /// nothing where other processes' shares are still to come. Throws Error of every kind;
  /// Error{interrupted} when the progress says stop: the records stay.
  std::optional<EvaluationScores> work();
  /// Of what work() gave, as it is written.
  const nlohmann::json& document() const { return document_; }

 private:
  struct Total;
  struct Sums;

  const classify::Vocabulary& words() const { return target_.split->vocabulary(); }
  /// The classifier whose pictures and classes the report shows.
  const std::string& shown() const { return target_.options.classifiers.front().name; }
  RunHeader make_header() const;
  void evaluate();
  bool all_shares_done() const;
  void choose_classifiers();
  Total total(std::span<const Classifier> some) const;
  Sums sums() const;
  EvaluationScores sum_up();
  RankedPicture ranked_picture(const StoredPicture& stored) const;
  nlohmann::json run_record(const EvaluationScores& scores) const;
  Progress progress(const std::string& label, const std::string& parts) const;

  const EvaluationPlan plan_;
  EvaluationTarget& target_;
  const std::span<const segmenter::Segmenter> segmenters_;
  const segmenter::Segmenter& segmenter_;  ///< the first
  std::filesystem::path folder_;
  ProcessPlace share_;
  int64_t count_ = 0;
  RunHeader header_;
  Sweep sweep_;
  nlohmann::json document_;
  std::vector<bool> seen_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace fcclip::eval
