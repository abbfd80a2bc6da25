#include "tests/support/merges.h"

#include <cstdlib>
#include <filesystem>

#include "tests/support/unpack.h"

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

}  // namespace

std::string clip_merges() {
  static const std::string text = merges_file().empty() ? std::string() : unpacked(merges_file());
  return text;
}

}  // namespace fcclip::test
