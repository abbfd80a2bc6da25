#include "fcclip/io/atomic_file.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <streambuf>
#include <sys/stat.h>
#include <unistd.h>

#include "fcclip/core/error.h"
#include "fcclip/io/temporary_file.h"

namespace fcclip::io {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_system(const char* what, const fs::path& path, int reason) {
  fail(ErrorCode::io_failure, "can't ", what, " ", path.string(), ": ", std::strerror(reason));
}

/// A stream buffer on a file descriptor that keeps the system's reason for a failure.
class DescriptorBuffer : public std::streambuf {
 public:
  explicit DescriptorBuffer(int descriptor) : descriptor_(descriptor) {
    setp(buffer_.data(), buffer_.data() + buffer_.size());
  }
  int reason() const { return reason_; }

 protected:
  int_type overflow(int_type character) override {
    if (!drain()) return traits_type::eof();
    if (!traits_type::eq_int_type(character, traits_type::eof()))
      sputc(static_cast<char>(character));
    return traits_type::not_eof(character);
  }
  int sync() override { return drain() ? 0 : -1; }
  std::streamsize xsputn(const char* data, std::streamsize count) override {
    if (count <= 0) return 0;
    if (count <= epptr() - pptr()) {
      std::memcpy(pptr(), data, static_cast<size_t>(count));
      pbump(static_cast<int>(count));
      return count;
    }
    return drain() && write_all(data, static_cast<size_t>(count)) ? count : 0;
  }

 private:
  bool drain() {
    const bool written = write_all(pbase(), static_cast<size_t>(pptr() - pbase()));
    setp(buffer_.data(), buffer_.data() + buffer_.size());
    return written;
  }
  bool write_all(const char* data, size_t count) {
    while (count > 0) {
      const ssize_t n = ::write(descriptor_, data, count);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) {
        reason_ = errno;
        return false;
      }
      data += n;
      count -= static_cast<size_t>(n);
    }
    return true;
  }

  int descriptor_;
  int reason_ = 0;
  std::array<char, 65536> buffer_;
};

void write_through(int descriptor, const fs::path& path,
                   const std::function<void(std::ostream&)>& write) {
  DescriptorBuffer buffer(descriptor);
  std::ostream stream(&buffer);
  write(stream);
  stream.flush();
  if (!stream.good()) fail_system("write", path, buffer.reason() != 0 ? buffer.reason() : EIO);
}

/// Pipes and devices (/dev/null, /dev/stdout) are written to, never replaced.
void write_special(const fs::path& path, const std::function<void(std::ostream&)>& write) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) fail_system("write", path, errno);
  try {
    write_through(descriptor, path, write);
  } catch (...) {
    ::close(descriptor);
    throw;
  }
  if (::close(descriptor) != 0) fail_system("write", path, errno);
}

}  // namespace

void write_atomically(const fs::path& path, const std::function<void(std::ostream&)>& write) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::is_directory(status)) fail_system("write", path, EISDIR);
  if (fs::exists(status) && !fs::is_regular_file(status)) return write_special(path, write);
  TemporaryFile temporary(path);
  write_through(temporary.descriptor(), path, write);
  temporary.commit();
}

void write_atomically(const fs::path& path, std::string_view bytes) {
  write_atomically(path, [&](std::ostream& stream) {
    stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  });
}

std::string read_file(const fs::path& path, size_t limit) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    const bool missing = errno == ENOENT || errno == ENOTDIR;
    fail(missing ? ErrorCode::not_found : ErrorCode::io_failure, "can't open ", path.string(), ": ",
         std::strerror(errno));
  }
  std::string bytes;
  std::array<char, 65536> block;
  ssize_t n = 0;
  while ((n = ::read(descriptor, block.data(), block.size())) != 0) {
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 || bytes.size() + static_cast<size_t>(n) > limit) break;
    bytes.append(block.data(), static_cast<size_t>(n));
  }
  const int reason = errno;
  ::close(descriptor);
  if (n < 0) fail_system("read", path, reason);
  if (n > 0) {
    fail(ErrorCode::bad_format, path.string(), " is larger than ", limit, " bytes; not read");
  }
  return bytes;
}

}  // namespace fcclip::io
