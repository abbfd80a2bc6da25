#pragma once
// What a run has done so far: a header line and one JSON line a picture. An interrupted run
// continues after the last whole line; shards have a file each.

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace fcclip::eval {

/// The file of one run.
class RecordFile {
 public:
  /// Starts the file anew, or (resume) continues it: a torn last line is cut off. `header` says
  /// what is being done. Throws Error{invalid_argument} when the file's header is another;
  /// Error{io_failure}; each names the file.
  RecordFile(std::filesystem::path path, const nlohmann::json& header, bool resume);
  /// Index of the last picture written; −1 for none.
  int64_t last() const { return last_; }
  /// Pictures come by rising "index". Throws Error{io_failure}: disk full, …
  void append(const nlohmann::json& record);

 private:
  std::filesystem::path path_;
  std::ofstream out_;
  int64_t last_ = -1;
};

/// records.jsonl, or records.<rank>.jsonl of several.
std::filesystem::path record_path(const std::filesystem::path& folder, int64_t rank, int64_t count);
/// All record files of a folder, sorted. Throws Error{not_found}.
std::vector<std::filesystem::path> record_files(const std::filesystem::path& folder);

/// Every record of the files by rising index, one in memory at a time. Throws
/// Error{invalid_argument} for files with different headers, Error{bad_format} for a damaged line
/// or a picture that is in two files; each names the file.
void read_records(const std::vector<std::filesystem::path>& files, const nlohmann::json& header,
                  const std::function<void(const nlohmann::json&)>& each);

}  // namespace fcclip::eval
