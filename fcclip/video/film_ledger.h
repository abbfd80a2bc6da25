#pragma once
// What a run over films leaves beside their files: which films are finished, run.json, and the list
// of all films' id maps.

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "fcclip/runs/output_folder.h"
#include "fcclip/runs/run_times.h"
#include "fcclip/runs/stopwatch.h"
#include "fcclip/video/film_plan.h"

namespace fcclip::video {

/// How far a run came.
struct FilmCount {
  int64_t films = 0;  ///< of the shard
  int64_t done = 0, failed = 0;
  int64_t skipped = 0;  ///< finished by an earlier run
  int64_t frames = 0;   ///< answered
};

class FilmLedger {
 public:
  /// Throws Error{invalid_argument} naming a file that stands where one is to be written and may
  /// not be replaced: any without plan.resume or plan.overwrite, with the first those that fcclip
  /// did not write. `plan` must outlive the ledger.
  FilmLedger(const FilmPlan& plan, const segmenter::PreparedVocabulary& vocabulary);

  /// The folder for results, made by the first call.
  runs::OutputFolder& folder();
  FilmPlace place_of(const std::filesystem::path& film) const;

  /// Whether this run leaves the film as an earlier one finished it.
  bool skips(const std::filesystem::path& film) const { return skipped_.contains(film_name(film)); }
  /// What to tell before a film begins anew whose results are there in part, or are of other
  /// settings; else empty.
  std::string remark(const std::filesystem::path& film) const;
  /// Makes room for a film's maps: those of an earlier run go.
  void clear(const std::filesystem::path& film);
  /// Some of its frames are answered, and its files are there; `whole`: a later run may leave it.
  void ended(const std::filesystem::path& film, const std::vector<std::filesystem::path>& files,
             bool whole);

  void failed(const std::filesystem::path& film, const std::string& why);
  /// run.json: "running", "complete", "interrupted" or "failed".
  void record(const std::string& status, const FilmCount& count);
  /// panoptic.json of the films whose maps are there: what this run has answered, what was finished
  /// before, and what other shards have finished. Throws Error{io_failure, bad_format}.
  void write_list();
  /// Whether the records say that every shard is complete.
  bool all_complete();
  /// Something is made of all films together.
  bool sums_up() const { return plan_.outputs.contains(FilmOutput::panoptic); }

 private:
  bool is_finished(const std::filesystem::path& film);
  void look_at(const std::filesystem::path& film);
  std::string why_anew(const std::filesystem::path& film);
  void check_free_or_ours(const FilmPlace& place);

  const FilmPlan& plan_;
  const segmenter::PreparedVocabulary& vocabulary_;
  nlohmann::json settings_, circumstances_, failures_ = nlohmann::json::array();
  std::string id_;  ///< of the settings
  std::once_flag opened_;
  std::optional<runs::OutputFolder> folder_;
  std::set<std::string> skipped_, ended_;
  std::map<std::string, std::string> remarks_;
  runs::Stopwatch watch_;
};

}  // namespace fcclip::video
