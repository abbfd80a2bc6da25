#pragma once
// The folder for results: files appear whole, and never in place of what somebody else made.

#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "fcclip/io/temporary_file.h"
#include "fcclip/runs/written_files.h"

namespace fcclip::runs {

/// Throws Error{io_failure} when `folder` is there and can't be written in, or can't be made where
/// it is to be. Makes nothing.
void check_output_folder(const std::filesystem::path& folder);

struct FolderFile {
  std::filesystem::path path;
  std::string bytes;
  std::vector<std::filesystem::path> replaces = {};  ///< to be removed when this one is written
};

class OutputFolder {
 public:
  /// Makes the folder. Throws Error{io_failure} when that can't be done or nothing can be written
  /// in it.
  OutputFolder(std::filesystem::path folder, bool overwrite);

  const std::filesystem::path& path() const { return folder_; }

  /// False: a file is there that this program did not write (or that was changed since), and
  /// `overwrite` was not given; it is left as it is. What the file replaces is removed where this
  /// program wrote it. Several threads may write. Throws Error{io_failure}.
  bool write(const FolderFile& file);

  /// The same of a file that is complete but for its name; too large to be in memory, it is known
  /// again by its size alone.
  bool take(io::TemporaryFile& file, const std::filesystem::path& path);
  /// Lists a file that appears in another way; it is known again by its size.
  void note(const std::filesystem::path& path, uint64_t bytes);
  /// Whether write() and take() would.
  bool may_write(const std::filesystem::path& path);

  /// All files of the picture are written: a later run may leave them.
  void finish(const std::string& stem, const FinishedPicture& picture);
  /// Whether the picture was finished, its files still being there.
  const FinishedPicture* finished(const std::string& stem) const;
  /// Takes in what other processes have written since.
  void refresh();
  /// Nothing is known of what lies here.
  bool unknown() const { return written_.empty(); }
  std::string key(const std::filesystem::path& path) const { return written_.key(path); }

 private:
  bool is_ours(const std::filesystem::path& path);

  std::filesystem::path folder_;
  bool overwrite_;
  std::mutex mutex_;
  WrittenFiles written_;
};

}  // namespace fcclip::runs
