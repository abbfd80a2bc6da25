#include "fcclip/runs/output_folder.h"

#include <cerrno>
#include <cstring>
#include <unistd.h>

#include "fcclip/core/error.h"
#include "fcclip/io/atomic_file.h"

namespace fcclip::runs {
namespace {

namespace fs = std::filesystem;

void make_output_folder(const fs::path& folder) {
  check_output_folder(folder);
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    fail(ErrorCode::io_failure, "can't make folder ", folder.string(), ": ", error.message());
}

}  // namespace

void check_output_folder(const fs::path& folder) {
  std::error_code error;
  fs::path there = fs::absolute(folder).lexically_normal();
  while (!fs::exists(there, error) && there.has_relative_path()) there = there.parent_path();
  if (!fs::is_directory(there, error)) {
    fail(ErrorCode::io_failure, folder.string(), ": ",
         fs::equivalent(there, folder, error) ? "" : there.string() + " is ",
         "a file, not a folder; name another one with --output");
  }
  if (::access(there.c_str(), W_OK | X_OK) != 0) {
    fail(ErrorCode::io_failure, "can't write in ", there.string(), ": ", std::strerror(errno));
  }
}

OutputFolder::OutputFolder(fs::path folder, bool overwrite)
    : folder_(std::move(folder)), overwrite_(overwrite), written_(folder_) {
  make_output_folder(folder_);
}

// Nothing is there, or what this program wrote, or anything may be replaced.
bool OutputFolder::is_ours(const fs::path& path) {
  std::error_code error;
  return !fs::is_regular_file(path, error) || overwrite_ || written_.wrote(path);
}

bool OutputFolder::may_write(const fs::path& path) {
  const std::lock_guard lock(mutex_);
  return is_ours(path);
}

bool OutputFolder::take(io::TemporaryFile& file, const fs::path& path) {
  {
    const std::lock_guard lock(mutex_);
    if (!is_ours(path)) return false;
    std::error_code error;
    written_.will_take(path, fs::file_size(file.path(), error));
  }
  file.commit();
  return true;
}

void OutputFolder::note(const fs::path& path, uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  written_.will_take(path, bytes);
}

bool OutputFolder::write(const FolderFile& file) {
  {
    const std::lock_guard lock(mutex_);
    if (!is_ours(file.path)) return false;
    written_.will_write(file.path, file.bytes);
  }
  io::write_atomically(file.path, file.bytes);
  for (const fs::path& old : file.replaces) {
    const std::lock_guard lock(mutex_);
    std::error_code error;  // gone already: nothing to do
    if (written_.wrote(old)) fs::remove(old, error);
  }
  return true;
}

void OutputFolder::finish(const std::string& stem, const FinishedPicture& picture) {
  const std::lock_guard lock(mutex_);
  written_.finish(stem, picture);
}

void OutputFolder::refresh() {
  const std::lock_guard lock(mutex_);
  written_.refresh();
}

const FinishedPicture* OutputFolder::finished(const std::string& stem) const {
  const FinishedPicture* picture = written_.finished(stem);
  if (picture == nullptr) return nullptr;
  constexpr std::string_view kReplaced = "\xEF\xBF\xBD";  // in names that are no UTF-8
  std::error_code error;
  for (const std::string& file : picture->files) {
    const bool known = file.find(kReplaced) == std::string::npos;
    if (known && !fs::exists(folder_ / file, error)) return nullptr;
  }
  return picture;
}

}  // namespace fcclip::runs
