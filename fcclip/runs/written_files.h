#pragma once
// The list that stands in a result folder: what fcclip wrote there, and for which run.

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace fcclip::runs {

/// A picture whose files are all written.
struct FinishedPicture {
  std::string run;                 ///< RunRecord's id: with which model, words and settings
  std::string picture;             ///< size and time of the picture's file, as text
  std::vector<std::string> files;  ///< relative to the folder
};

/// Reads and extends FOLDER/run.files.jsonl, a JSON object a line, only ever appended to: a file's
/// size and checksum before it is written, a picture's line after its last file. So a file that
/// somebody else made or changed is told from our own, and a run that was cut off from a whole one,
/// after a crash too. Not safe to be called from several threads at once; several processes may
/// append.
class WrittenFiles {
 public:
  static constexpr const char* kName = "run.files.jsonl";

  /// A folder without the list has no files of ours. Lines that can't be read are left out.
  explicit WrittenFiles(std::filesystem::path folder);

  bool empty() const { return files_.empty(); }
  /// Takes in what other processes have added since.
  void refresh();
  /// The list names `path`, and its size is the listed one.
  bool lists(const std::filesystem::path& path) const;
  /// `path` holds exactly what fcclip wrote.
  bool wrote(const std::filesystem::path& path);
  /// Null unless all files of this picture were written.
  const FinishedPicture* finished(const std::string& stem) const;

  /// To be called before the file is written. Throws Error{io_failure}.
  void will_write(const std::filesystem::path& path, std::string_view bytes);
  /// The same of a file too large to be in memory: it is known again by its size alone.
  void will_take(const std::filesystem::path& path, uint64_t bytes);
  /// To be called after a picture's last file.
  void finish(const std::string& stem, const FinishedPicture& picture);

  /// How the list names a file of its folder.
  std::string key(const std::filesystem::path& path) const;

 private:
  struct Content {
    uint64_t bytes = 0;
    std::string hash;
  };

  void read();
  void take(const nlohmann::json& line);
  void append(const nlohmann::json& line);
  bool known(const std::filesystem::path& path) const;

  std::filesystem::path folder_;
  uint64_t read_bytes_ = 0;
  std::map<std::string, std::vector<Content>> files_;  ///< what each may hold
  std::map<std::string, FinishedPicture> pictures_;
};

}  // namespace fcclip::runs
