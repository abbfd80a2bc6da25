#pragma once
// A file that takes another's place once it is complete.

#include <filesystem>

namespace fcclip::io {

/// In the same folder as its target (made when missing), under a name of its own. Unless it is
/// committed it is removed, and what stands at the target stays.
class TemporaryFile {
 public:
  /// A target that is a symbolic link stays one: the file that it points to is replaced. Throws
  /// Error{io_failure} naming the target and the system's reason.
  explicit TemporaryFile(const std::filesystem::path& target);
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile();

  /// Open for reading and writing.
  int descriptor() const { return descriptor_; }
  const std::filesystem::path& path() const { return path_; }

  /// Writes it to the disk and renames it. Throws as the constructor.
  void commit();

 private:
  std::filesystem::path target_, path_;
  int descriptor_ = -1;
  bool renamed_ = false;
};

}  // namespace fcclip::io
