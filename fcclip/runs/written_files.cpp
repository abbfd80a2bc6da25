#include "fcclip/runs/written_files.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fcclip/core/error.h"
#include "fcclip/core/hash.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/outputs/json_text.h"

namespace fcclip::runs {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using outputs::json_line;

constexpr std::string_view kUnread = "size";  // in place of the hash of a file too large to be read
constexpr size_t kContents = 4;               // remembered of each file

std::string content_hash(std::string_view bytes) {
  return hex(hash_text(bytes)).substr(0, 16);
}

// As it comes back from JSON, where names that are no UTF-8 lose their odd bytes.
std::string as_listed(const std::string& name) {
  return json::parse(json_line(name)).get<std::string>();
}

// One system call a line, so that lines of several processes never mix; the lock is for network file
// systems, where a line is put behind the last one that this machine knows of.
class Appender {
 public:
  explicit Appender(const fs::path& path)
      : path_(path),
        descriptor_(::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666)) {
    if (descriptor_ < 0) refuse_list();
    ::flock(descriptor_, LOCK_EX);  // until it is closed; where there are no locks, without
  }
  ~Appender() { ::close(descriptor_); }
  Appender(const Appender&) = delete;
  Appender& operator=(const Appender&) = delete;

  void line(std::string text) {
    struct stat before {};
    if (::fstat(descriptor_, &before) != 0) refuse_list();
    char last = '\n';  // of a line that a full disk cut
    if (before.st_size > 0 && ::pread(descriptor_, &last, 1, before.st_size - 1) != 1)
      refuse_list();
    if (last != '\n') text.insert(0, 1, '\n');
    const ssize_t written = ::write(descriptor_, text.data(), text.size());
    if (written == static_cast<ssize_t>(text.size())) return;
    if (written >= 0) errno = ENOSPC;
    refuse_list();
  }

 private:
  [[noreturn]] void refuse_list() const {
    fail(ErrorCode::io_failure, "can't write ", path_.string(), ": ", std::strerror(errno));
  }
  const fs::path& path_;
  int descriptor_;
};

}  // namespace

WrittenFiles::WrittenFiles(fs::path folder) : folder_(std::move(folder)) {
  read();
}

void WrittenFiles::read() {
  std::ifstream in(folder_ / kName, std::ios::binary);
  std::string line;
  read_bytes_ = 0;
  while (std::getline(in, line)) {
    read_bytes_ += line.size() + 1;
    const json parsed = json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (parsed.is_object()) take(parsed);
  }
}

void WrittenFiles::take(const json& line) {
  try {
    if (line.contains("file")) {
      std::vector<Content>& known = files_[line.at("file").get<std::string>()];
      const Content content{line.at("bytes"), line.at("hash")};
      std::erase_if(known, [&](const Content& one) { return one.hash == content.hash; });
      known.push_back(content);
      // An earlier one lies there still when the program ended before it wrote the last.
      if (known.size() > kContents) known.erase(known.begin());
    } else {
      pictures_[line.at("finished").get<std::string>()] = {line.at("run"), line.at("picture"),
                                                           line.at("files")};
    }
  } catch (const json::exception&) {
    return;  // not a line of ours
  }
}

void WrittenFiles::append(const json& line) {
  std::error_code error;
  fs::create_directories(folder_, error);  // the list may be the first file
  const std::string text = json_line(line) + "\n";
  const fs::path path = folder_ / kName;
  Appender(path).line(text);
  read_bytes_ += text.size();
}

std::string WrittenFiles::key(const fs::path& path) const {
  std::error_code error;
  fs::path relative = path.lexically_relative(folder_);
  if (relative.empty() || *relative.begin() == "..") {
    relative =
        fs::weakly_canonical(path, error).lexically_relative(fs::weakly_canonical(folder_, error));
  }
  return as_listed(relative.generic_string());
}

bool WrittenFiles::lists(const fs::path& path) const {
  const auto found = files_.find(key(path));
  if (found == files_.end()) return false;
  std::error_code error;
  const uint64_t bytes = fs::file_size(path, error);
  for (const Content& content : found->second) {
    if (!error && content.bytes == bytes) return true;
  }
  return false;
}

bool WrittenFiles::known(const fs::path& path) const {
  if (!lists(path)) return false;
  std::error_code error;
  const uint64_t bytes = fs::file_size(path, error);
  for (const Content& content : files_.at(key(path))) {
    if (content.hash == kUnread && content.bytes == bytes) return true;
  }
  const std::string hash = content_hash(io::read_file(path));
  for (const Content& content : files_.at(key(path))) {
    if (content.hash == hash) return true;
  }
  return false;
}

bool WrittenFiles::wrote(const fs::path& path) {
  if (known(path)) return true;
  refresh();  // another process may have written it since
  return known(path);
}

void WrittenFiles::refresh() {
  std::error_code error;
  const uint64_t bytes = fs::file_size(folder_ / kName, error);
  if (!error && bytes != read_bytes_) read();
}

const FinishedPicture* WrittenFiles::finished(const std::string& stem) const {
  const auto found = pictures_.find(as_listed(stem));
  return found == pictures_.end() ? nullptr : &found->second;
}

void WrittenFiles::will_write(const fs::path& path, std::string_view bytes) {
  const json line = {{"file", key(path)}, {"bytes", bytes.size()}, {"hash", content_hash(bytes)}};
  append(line);
  take(line);
}

void WrittenFiles::will_take(const fs::path& path, uint64_t bytes) {
  const json line = {{"file", key(path)}, {"bytes", bytes}, {"hash", kUnread}};
  append(line);
  take(line);
}

void WrittenFiles::finish(const std::string& stem, const FinishedPicture& picture) {
  const json line = {{"finished", as_listed(stem)},
                     {"run", picture.run},
                     {"picture", picture.picture},
                     {"files", picture.files}};
  append(line);
  take(line);
}

}  // namespace fcclip::runs
