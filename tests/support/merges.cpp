#include "tests/support/merges.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>

namespace fcclip::test {
namespace {

namespace fs = std::filesystem;

fs::path merges_file() {
  if (const char* named = std::getenv("FCCLIP_MERGES")) return named;
  std::error_code ignored;
  for (const auto& entry :
       fs::directory_iterator(fs::path(FCCLIP_SOURCE_DIR) / ".venv/lib", ignored)) {
    const fs::path file = entry.path() / "site-packages/open_clip/bpe_simple_vocab_16e6.txt.gz";
    if (fs::is_regular_file(file, ignored)) return file;
  }
  return {};
}

std::string unpacked(const fs::path& file) {
  // -f passes a file that is not packed through.
  const std::string command = "gzip -dcf '" + file.string() + "'";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string text;
  char buffer[65536];
  while (const size_t n = fread(buffer, 1, sizeof buffer, pipe.get())) text.append(buffer, n);
  return text;
}

}  // namespace

std::string clip_merges() {
  static const std::string text = merges_file().empty() ? std::string() : unpacked(merges_file());
  return text;
}

}  // namespace fcclip::test
