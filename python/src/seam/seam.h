#pragma once
// What the bindings need and fcclip/fcclip.h does not give: whole folders, scores, model files and
// training. Nothing else in python/ may include the library's folders. Plain values alone: no
// tensor, no JSON type and no Python object; structured results are JSON texts, equal to what the
// program prints with --json. Compiled into the wheel's one library, beside the public face.
//
// Every function throws fcclip::Error and nothing else but what a callback of the caller throws.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fcclip/fcclip.h"

namespace fcclip::seam {

// ---- Scores -------------------------------------------------------------------------------------

/// What was measured, as `fcclip score … --json` prints it.
struct Scored {
  std::string json;
  std::vector<std::string> remarks;  ///< what was mended or left out in the files, a line each
};

/// COCO panoptic files; folders of PNGs may be empty: named as the JSON.
struct PanopticPaths {
  std::string truth_json, prediction_json, truth_pngs, prediction_pngs;
};
FCCLIP_API Scored score_panoptic(const PanopticPaths& paths, const Progress& progress);
/// A COCO instances file and a results file.
FCCLIP_API Scored score_instances(const std::string& truth_json, const std::string& results_json,
                                  const Progress& progress);
/// Folders of label PNGs with equal names. names: of the classes, for the JSON.
struct SemanticPaths {
  std::string truth, prediction;
  int64_t classes = 0, ignore = 255;
  std::vector<std::string> names = {};
};
FCCLIP_API Scored score_semantic(const SemanticPaths& paths, const Progress& progress);

// ---- Model files --------------------------------------------------------------------------------

/// What `fcclip info --json` prints. Throws Error{not_found, bad_format, unsafe_file}.
FCCLIP_API std::string info_json(const std::string& path, const std::string& container);

/// As the options of `fcclip convert`; texts in place of files.
struct ConvertRequest {
  std::vector<std::string> checkpoints;
  std::string output, dtype = "float32", container = {};
  std::string reference_config = {};  ///< JSON
  std::optional<Words> training_words = {};
  std::string merges = {};  ///< CLIP's merge file; may be empty where a checkpoint has its own
};
/// Returns notes for the user, a line each. Throws as model::convert and model::save do.
FCCLIP_API std::vector<std::string> convert(const ConvertRequest& request,
                                            const Progress& progress);
/// Whether a file brings CLIP's merges itself.
FCCLIP_API bool has_merges(const std::string& path);

/// CLIP's token ids of texts, with a model file's own merges. padded: all of the context's length.
FCCLIP_API std::vector<std::vector<int64_t>> tokenize(const std::string& model,
                                                      const std::vector<std::string>& texts,
                                                      bool padded);

// ---- Training -----------------------------------------------------------------------------------

/// As the options of `fcclip train`.
struct TrainRequest {
  std::string settings_file;             ///< TOML; empty: defaults
  std::vector<std::string> assignments;  ///< "section.key=value"
  std::string output;
  bool resume = false;
  int64_t stop_after = 0;
  double stop_after_s = 0;
  std::string record = {};  ///< comments at the top of the folder's config.toml
};

/// A line of the log.
struct TrainLine {
  std::string kind;  ///< "line", "evaluation", or "message", which has a text alone
  std::string text;
  int64_t step = 0, total_steps = 0;
  double steps_per_s = 0, smooth_loss = 0;
  std::map<std::string, double> numbers = {};
};

/// How it ended.
struct TrainEnd {
  int64_t steps_done = 0, total_steps = 0;
  bool finished = false, interrupted = false;
  std::string model;                     ///< the file written
  std::vector<std::string> missed = {};  ///< figures of run.expect, as train::missed_figures
};

/// The same loop as the program's; on_line is called from any thread. `progress` is asked before
/// every step: after "stop" a checkpoint and the model are written. Throws what the settings, the
/// data and the loop throw.
FCCLIP_API TrainEnd train(const TrainRequest& request,
                          const std::function<void(const TrainLine&)>& on_line,
                          const Progress& progress);
/// All settings with their defaults and explanations, as TOML.
FCCLIP_API std::string training_settings();

// ---- Folders ------------------------------------------------------------------------------------

/// As the options of `fcclip segment`; equal plans and options leave equal files.
struct FolderPlan {
  std::vector<std::string> inputs;  ///< pictures, folders, globs
  std::string output = {};          ///< folder of results; may be empty where nothing is written
  std::string write = "none";       ///< kinds of output; empty: the usual ones
  std::string shard = {};           ///< "2/4"; empty: all pictures
  std::string devices = {};         ///< "cuda:0,cuda:1", "all"; empty: the model's
  bool resume = false, overwrite = false;
  double tolerance_px = 1;
  std::string fonts = {};  ///< folder of fonts, for machines without any
  std::string model = {};  ///< the model's file, for run.json and for resuming
  Words words = {};
  std::vector<std::string> templates = {};
  AskOptions ask = {};
  std::optional<double> min_score = {};  ///< none: as the program has it
  int64_t short_side_px = 0, max_side_px = 0;
};

/// What became of one picture, or something to be told.
struct FolderEvent {
  enum class Kind { answer, failure, note } kind = Kind::note;
  std::string path, text;  ///< text of failures and notes: one line
  std::optional<Segmentation> answer = {};
  std::optional<Picture> picture = {};
  std::vector<std::string> files = {}, kept = {};
};

/// Numbers of pictures.
struct FolderCount {
  int64_t pictures = 0, done = 0, failed = 0, skipped = 0;
};

/// A run in a thread of its own: while the network works on one picture, the next are decoded and
/// the last ones drawn and written; events wait until they are taken, few at a time.
class FCCLIP_API FolderRun {
 public:
  /// Lists the pictures and checks the folder. Throws what stands in the way of every picture.
  FolderRun(const Model& model, FolderPlan plan);
  FolderRun(const FolderRun&) = delete;
  FolderRun& operator=(const FolderRun&) = delete;
  /// Stops, and waits for what has begun.
  ~FolderRun();

  /// The next event in the order of the pictures; nothing after `seconds`. Throws what ended the
  /// run, once the events before it are taken.
  std::optional<FolderEvent> next(double seconds);
  /// Whether all events were taken and the run is over.
  bool ended() const;
  /// The run ends at the next stage of the network; its record says so.
  void stop();
  FolderCount count() const;

 private:
  struct Work;
  std::unique_ptr<Work> work_;
};

}  // namespace fcclip::seam
