#include "fcclip/words/merges_file.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <vector>
#include <zlib.h>

#include "fcclip/clip/config.h"
#include "fcclip/core/error.h"
#include "fcclip/core/own_folders.h"
#include "fcclip/io/atomic_file.h"

namespace fcclip::words {
namespace {

namespace fs = std::filesystem;

constexpr size_t kPackedLimit = size_t{1} << 26;
constexpr size_t kUnpackedLimit = size_t{1}
                                  << 27;  // CLIP's is 3 MB; a gzip bomb must not fill the memory
constexpr const char* kName = "bpe_simple_vocab_16e6.txt";

std::string unpack_gzip(const std::string& packed, const fs::path& path) {
  z_stream stream{};
  if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) fail(ErrorCode::out_of_memory, "zlib");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string text;
  std::vector<char> block(1 << 18);
  int status = Z_OK;
  while (status == Z_OK && text.size() < kUnpackedLimit) {
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = static_cast<uInt>(block.size());
    status = inflate(&stream, Z_NO_FLUSH);
    text.append(block.data(), block.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (status != Z_STREAM_END) {
    fail(ErrorCode::bad_format, "cannot unpack the merges of ", path.string(),
         ": the gzip data are truncated, damaged or larger than ", kUnpackedLimit, " bytes");
  }
  return text;
}

std::string read_merges(const fs::path& path) {
  std::string bytes = io::read_file(path, kPackedLimit);
  const bool gzipped = bytes.size() > 2 && bytes[0] == '\x1f' && bytes[1] == '\x8b';
  return gzipped ? unpack_gzip(bytes, path) : bytes;
}

/// <root>/lib/python3*/site-packages/open_clip/…, for every Python there.
void add_environment(const fs::path& root, std::vector<fs::path>& places) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(root / "lib", ignored)) {
    if (entry.path().filename().string().rfind("python", 0) != 0) continue;
    places.push_back(entry.path() / "site-packages" / "open_clip" / (std::string(kName) + ".gz"));
  }
}

std::vector<fs::path> usual_places() {
  std::vector<fs::path> places;
  for (const fs::path& folder : own_folders()) {
    places.push_back(folder / "share" / "fcclip" / (std::string(kName) + ".gz"));
    places.push_back(folder / "share" / "fcclip" / kName);
    add_environment(folder / ".venv", places);
  }
  if (const char* environment = std::getenv("VIRTUAL_ENV")) add_environment(environment, places);
  return places;
}

}  // namespace

std::string find_merges(const std::string& user_path) {
  if (!user_path.empty()) return read_merges(user_path);
  const char* named = std::getenv("FCCLIP_MERGES");
  if (named != nullptr && *named != '\0') return read_merges(named);
  for (const fs::path& place : usual_places()) {
    std::error_code ignored;
    if (fs::is_regular_file(place, ignored)) return read_merges(place);
  }
  fail(ErrorCode::not_found, "no merges file: name CLIP's ", kName,
       ".gz with --merges or FCCLIP_MERGES; it is in the Python package open_clip_torch "
       "(pip install --no-deps open_clip_torch, folder open_clip)");
}

clip::Tokenizer tokenizer_of_merges(const std::string& text) {
  constexpr int64_t kBytes = 2 * 256, kMarks = 2, kVersionLine = 1;
  const int64_t lines = std::count(text.begin(), text.end(), '\n') + (text.ends_with('\n') ? 0 : 1);
  const clip::TextConfig clip_sizes;
  return clip::Tokenizer(text,
                         std::min(clip_sizes.vocab_size, kBytes + kMarks + lines - kVersionLine));
}

}  // namespace fcclip::words
