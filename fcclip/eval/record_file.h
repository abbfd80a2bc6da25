#pragma once
// What a run has done so far: a header line and one JSON line a picture. An interrupted run
// continues after the last whole line; shards have a file each.

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "fcclip/classify/vocabulary.h"
#include "fcclip/eval/answer.h"
#include "fcclip/eval/evaluator.h"
#include "fcclip/eval/picture_scores.h"
#include "fcclip/eval/sweep.h"

namespace fcclip::eval {

/// What is being done: records with another header belong to another run.
struct RunHeader {
  std::string data_set;
  int64_t pictures = 0, classes = 0;
  std::string model;       ///< name and provenance
  std::string model_file;  ///< fingerprint
  bool panoptic = true, instances = true, semantic = true;
  std::string classifier, oracle;
  segmenter::EncodeSize size;
  bool cityscapes = false;  ///< its own metrics too
  segmenter::Views views = segmenter::Views::one;
  int64_t top_k = 0;  ///< instances a picture
  /// The ensemble and thresholds used, of a sweep those of its first combination.
  classify::EnsembleOptions ensemble = {};
  results::PanopticOptions thresholds = {};
  std::vector<SettingValues> sweep = {};
  std::string rows = {};  ///< classify::rows_key of all classes that bring rows
};

/// A segment of a panoptic answer, as records keep it.
struct AnsweredSegment {
  int64_t id = 0, category_id = 0;  ///< the vocabulary's id
};

/// A picture that a record file has.
struct StoredPicture {
  int64_t index = 0;
  std::string name;
  std::map<std::string, ScoreRecord> scores;                     ///< by classifier
  std::map<std::string, std::vector<AnsweredSegment>> panoptic;  ///< where predictions were kept
};

/// The file of one run.
class RecordFile {
 public:
  /// Starts the file anew, or (resume) continues it: a torn last line is cut off. Throws
  /// Error{invalid_argument} when the file's header is another; Error{io_failure}; each names the
  /// file. The vocabulary, which gives segments their ids, must outlive this.
  RecordFile(std::filesystem::path path, const RunHeader& header,
             const classify::Vocabulary& vocabulary, bool resume);
  /// Index of the last picture written; −1 for none.
  int64_t last() const { return last_; }
  /// Pictures come by rising index. Throws Error{io_failure}: disk full, …
  void append(const PictureRecord& record);

 private:
  void write_line(const std::string& line);

  std::filesystem::path path_;
  const classify::Vocabulary& vocabulary_;
  std::ofstream out_;
  int64_t last_ = -1;
};

/// Pictures rank, rank + count, … of all `pictures`.
struct PictureShare {
  int64_t rank = 0, count = 1, pictures = 0;
};

/// Scores what `records` lacks of a share, as evaluate_pictures does. Throws what is wrong with the first picture that has a
/// fault, and as append does; Error{interrupted}: what is scored is kept.
void evaluate_share(const Evaluator& evaluator, const PictureShare& share, RecordFile& records,
                    const Progress& progress = {});
/// The same by several evaluators at once; records stay in the pictures' order. At an error
/// pictures behind that one may have been scored for nothing.
void evaluate_share(std::span<const Evaluator> evaluators, const PictureShare& share,
                    RecordFile& records, const Progress& progress = {});

/// records.jsonl, or records.<rank>.jsonl of several.
std::filesystem::path record_path(const std::filesystem::path& folder, int64_t rank, int64_t count);
/// All record files of a folder, sorted. Throws Error{not_found} when there is none.
std::vector<std::filesystem::path> record_files(const std::filesystem::path& folder);

/// Every record of the files by rising index, one in memory at a time. Throws
/// Error{invalid_argument} for files with different headers, Error{bad_format} for a damaged line
/// or a picture that is in two files; each names the file.
void read_records(const std::vector<std::filesystem::path>& files, const RunHeader& header,
                  const std::function<void(const StoredPicture&)>& each);

}  // namespace fcclip::eval
