#include "fcclip/classify/record_log.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fcclip/core/error.h"

namespace fcclip::classify {
namespace {

constexpr std::string_view kMark =
    "\xF5"
    "fcclip2";  // no UTF-8 text contains the byte F5
constexpr size_t kHeader = 8 + 4 + 4 + sizeof(Hash);

template <typename T>
T read_at(std::string_view bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

// Bytes of the record at `at`, 0 when there is no sound one.
size_t sound_size(std::string_view bytes, size_t at) {
  const size_t left = bytes.size() - at;
  if (left < kHeader + sizeof(Hash) || bytes.substr(at, kMark.size()) != kMark) return 0;
  const uint64_t text = read_at<uint32_t>(bytes, at + 8), count = read_at<uint32_t>(bytes, at + 12);
  const uint64_t content = kHeader + text + 4 * count;
  if (content + sizeof(Hash) > left) return 0;
  if (hash_bytes(bytes.data() + at, content) != read_at<Hash>(bytes, at + content)) return 0;
  return content + sizeof(Hash);
}

class LockedFile {
 public:
  explicit LockedFile(const std::filesystem::path& path)
      : path_(path), fd_(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)) {
    if (fd_ < 0) refuse("can't be opened for writing");
    while (flock(fd_, LOCK_EX) != 0) {
      if (errno != EINTR) refuse("can't be locked");
    }
  }
  ~LockedFile() { close(fd_); }
  LockedFile(const LockedFile&) = delete;
  LockedFile& operator=(const LockedFile&) = delete;

  void append(std::string_view bytes) {
    struct stat before;
    if (fstat(fd_, &before) != 0) refuse("can't be examined");
    while (!bytes.empty()) {
      const ssize_t written = write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) {
        const int reason = errno;
        // A torn record would be skipped by readers anyway, so a refusal here loses nothing.
        [[maybe_unused]] const int ignored = ftruncate(fd_, before.st_size);
        errno = reason;
        refuse("can't be written");
      }
      bytes.remove_prefix(written);
    }
  }

 private:
  [[noreturn]] void refuse(const char* what) {
    const int reason = errno;
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
    fail(ErrorCode::io_failure, "text cache ", path_, " ", what, ": ", std::strerror(reason));
  }
  std::filesystem::path path_;
  int fd_ = -1;
};

}  // namespace

std::string encode_record(const Hash& key, std::string_view text, const float* row, size_t count) {
  std::string bytes(kMark);
  const auto put = [&](const void* data, size_t size) {
    bytes.append(static_cast<const char*>(data), size);
  };
  const auto text_size = static_cast<uint32_t>(text.size()),
             row_size = static_cast<uint32_t>(count);
  put(&text_size, 4);
  put(&row_size, 4);
  put(key.data(), sizeof key);
  put(text.data(), text.size());
  put(row, 4 * count);
  const Hash sum = hash_bytes(bytes.data(), bytes.size());
  put(sum.data(), sizeof sum);
  return bytes;
}

void for_each_record(std::string_view bytes, const Hash& key,
                     const std::function<void(const Record&)>& visit) {
  size_t at = 0;
  while (at < bytes.size()) {
    const size_t size = sound_size(bytes, at);
    if (size == 0) {
      at = bytes.find(kMark, at + 1);
      if (at == std::string_view::npos) return;
      continue;
    }
    if (read_at<Hash>(bytes, at + 16) == key) {
      const size_t text = read_at<uint32_t>(bytes, at + 8);
      visit({bytes.substr(at + kHeader, text), bytes.data() + at + kHeader + text,
             read_at<uint32_t>(bytes, at + 12)});
    }
    at += size;
  }
}

void append_locked(const std::filesystem::path& file, std::string_view bytes) {
  std::error_code failed;
  // Records hold what somebody asked for: a folder that is new is its maker's alone.
  if (std::filesystem::create_directories(file.parent_path(), failed)) {
    std::filesystem::permissions(file.parent_path(), std::filesystem::perms::owner_all, failed);
  }
  if (failed) {
    fail(ErrorCode::io_failure, "text cache folder ", file.parent_path(),
         " can't be made: ", failed.message());
  }
  LockedFile(file).append(bytes);
}

}  // namespace fcclip::classify
