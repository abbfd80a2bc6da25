#include "fcclip/words/decode_text.h"

#include <algorithm>

#include "fcclip/core/error.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/io/file_kind.h"
#include "fcclip/text/text_encoding.h"
#include "fcclip/text/unicode_text.h"

namespace fcclip::words {
namespace {

constexpr size_t kLargestText = size_t{1} << 28;

/// "\r\n" and "\r" (old Macintosh) -> "\n"
std::string unix_lines(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r') {
      out += text[i];
    } else if (i + 1 >= text.size() || text[i + 1] != '\n') {
      out += '\n';
    }
  }
  return out;
}

void require_utf8(std::string_view text) {
  size_t number = 0;
  for (size_t begin = 0; begin < text.size();) {
    ++number;
    const size_t end = std::min(text.find('\n', begin), text.size());
    if (!text::decode_utf8_strict(text.substr(begin, end - begin), false)) {
      fail(ErrorCode::bad_format, "line ", number,
           " is not UTF-8 text; if an old editor wrote it: iconv -f WINDOWS-1252 -t UTF-8");
    }
    begin = end + 1;
  }
}

/// Bytes that no text has, near its beginning.
bool has_controls(std::string_view text) {
  const std::string_view head = text.substr(0, 4096);
  return std::any_of(head.begin(), head.end(), [](char c) { return c >= 0 && c < '\t'; });
}

/// Known files that are no lists of words; an empty one is for the reader to refuse.
void refuse_other_kinds(const io::FileKind& kind, const std::filesystem::path& path) {
  const bool is_weights = kind.form != io::WeightForm::none;
  if (!is_weights && (kind.advice.empty() || kind.what.starts_with("an empty"))) return;
  fail(ErrorCode::bad_format, path.string(), " is ", kind.what, ", no list of words; ",
       is_weights ? "what a model was trained on says: fcclip classes " + path.string()
                  : kind.advice);
}

}  // namespace

std::string decode_text(std::string_view bytes) {
  const std::string text = unix_lines(text::to_utf8(std::string(bytes), "it"));
  require_utf8(text);
  return text;
}

std::string read_text_file(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    fail(ErrorCode::bad_format, path.string(), " is a folder; expected a text file");
  }
  if (std::filesystem::is_regular_file(path, ignored))
    refuse_other_kinds(io::file_kind_at(path), path);
  const std::string bytes = io::read_file(path, kLargestText);
  const io::FileKind kind = io::file_kind(bytes);
  try {
    std::string text = decode_text(bytes);
    if (!has_controls(text)) return text;
  } catch (const Error& error) {
    if (!has_controls(bytes)) fail(error.code(), path.string(), ", ", error.what());
  }
  fail(ErrorCode::bad_format, path.string(), " is ", kind.what, "; expected a text file");
}

}  // namespace fcclip::words
