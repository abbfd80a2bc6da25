#include "fcclip/io/temporary_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <random>
#include <unistd.h>

#include "fcclip/core/error.h"

namespace fcclip::io {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse_file(const char* what, const fs::path& path, int reason) {
  fail(ErrorCode::io_failure, "can't ", what, " ", path.string(), ": ", std::strerror(reason));
}

/// The rename itself survives a power cut only when the folder is written too; some file systems
/// refuse that.
void sync_folder(const fs::path& file) {
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  fsync(descriptor);
  ::close(descriptor);
}

void make_parent(const fs::path& path) {
  if (!path.has_parent_path()) return;
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) refuse_file("make folder", path.parent_path(), error.value());
}

fs::path behind_link(const fs::path& path) {
  std::error_code error;
  if (!fs::is_symlink(fs::symlink_status(path, error))) return path;
  const fs::path target = fs::weakly_canonical(path, error);
  if (target.empty()) refuse_file("write", path, error ? error.value() : ENOENT);
  return target;
}

}  // namespace

TemporaryFile::TemporaryFile(const fs::path& target) {
  make_parent(target);
  target_ = behind_link(target);
  std::random_device random;
  for (int attempt = 0; attempt < 100 && descriptor_ < 0; ++attempt) {
    path_ = target_;
    path_ += "." + std::to_string(random()) + ".tmp";
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ < 0 && errno != EEXIST) break;
  }
  if (descriptor_ < 0) refuse_file("write", target_, errno);
}

TemporaryFile::~TemporaryFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!renamed_) ::unlink(path_.c_str());
}

void TemporaryFile::commit() {
  if (fsync(descriptor_) != 0) refuse_file("write", target_, errno);
  const int closed = ::close(descriptor_);
  descriptor_ = -1;
  if (closed != 0) refuse_file("write", target_, errno);
  if (::rename(path_.c_str(), target_.c_str()) != 0) refuse_file("write", target_, errno);
  renamed_ = true;
  sync_folder(target_);
}

}  // namespace fcclip::io
