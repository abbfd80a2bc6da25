#include <cstdlib>

#include "fcclip/core/error.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/reference_config/keys.h"
#include "fcclip/text/printable.h"

namespace fcclip::reference_config {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostBytes = size_t{1} << 20, kLongestPath = 4096;
constexpr int64_t kMostFiles = 100;  // a file may be the base of several: few could name billions

fs::path base_path(const std::string& base, const fs::path& asking) {
  if (base.find("://") != std::string::npos) {
    fail(ErrorCode::unsupported, asking.string(), ": _BASE_ ", text::printable(base, kLongestPath),
         " lies on the network; download it and name the file");
  }
  if (base.starts_with("~/")) {
    if (const char* home = std::getenv("HOME")) return fs::path(home) / base.substr(2);
  }
  return (asking.parent_path() / base).lexically_normal();  // an absolute one stays
}

// A value cannot become a section, nor a section a value: yacs refuses that too.
void check_kind(const KeyTable& base, const std::string& key, const Value& value) {
  const auto refuse = [&](const std::string& other) {
    const Value& there = base.at(other);
    fail(ErrorCode::bad_format, value.file, ":", value.line, ": ", text::printable(key),
         " cannot replace ", text::printable(other), " of ", there.file, ":", there.line,
         ": one is a section, the other a value");
  };
  const auto below = base.lower_bound(key + ".");
  if (below != base.end() && below->first.starts_with(key + ".")) refuse(below->first);
  for (size_t dot = key.find('.'); dot != std::string::npos; dot = key.find('.', dot + 1)) {
    if (base.contains(key.substr(0, dot))) refuse(key.substr(0, dot));
  }
}

class Chain {
 public:
  KeyTable read(const fs::path& path) {
    std::error_code ignored;
    const fs::path real = fs::weakly_canonical(path, ignored);
    for (const fs::path& open : open_) {
      if (open == real)
        fail(ErrorCode::bad_format, asking_, ": _BASE_ leads back to ", path.string());
    }
    if (++files_ > kMostFiles)
      fail(ErrorCode::bad_format, path.string(), ": more than ", kMostFiles, " files by _BASE_");
    open_.push_back(real);
    const Document document = parse_document(load(path), path.string());
    KeyTable keys;
    for (const std::string& base : document.bases) {
      const fs::path below = base_path(base, path);
      asking_ = path.string();
      put(read(below), keys);
    }
    put(document.keys, keys);
    open_.pop_back();
    return keys;
  }

 private:
  std::string load(const fs::path& path) const {
    std::error_code ignored;
    if (!asking_.empty() && !fs::exists(path, ignored)) {
      fail(ErrorCode::not_found, asking_, ": its _BASE_ ",
           text::printable(path.string(), kLongestPath), " is not there");
    }
    return io::read_file(path, kMostBytes);
  }

  static void put(const KeyTable& above, KeyTable& keys) {
    for (const auto& [key, value] : above) {
      check_kind(keys, key, value);
      keys[key] = value;
    }
  }

  std::vector<fs::path> open_;  ///< from the file that was named to the one being read
  int64_t files_ = 0;
  std::string asking_;  ///< whose _BASE_ is being read
};

}  // namespace

KeyTable read_chain(const fs::path& path) {
  return Chain().read(path);
}

}  // namespace fcclip::reference_config
