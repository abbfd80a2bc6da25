#pragma once
// What a file is, for messages about one that is not what was expected.

#include <filesystem>
#include <string>
#include <string_view>

namespace fcclip::io {

/// Whether `fcclip convert` reads it.
enum class WeightForm { none, torch, safetensors };

/// In words, for messages.
struct FileKind {
  std::string what;    ///< "an HTML page", "a PyTorch checkpoint", "an empty file (0 bytes)"
  std::string advice;  ///< what to do about it wherever it was found; may be empty
  WeightForm form = WeightForm::none;
};

/// By the content; `bytes` are the file, or its first kilobytes. Never fails: what nothing
/// is known about is "text (…)" with its first words, or "unknown data" with its first bytes.
FileKind file_kind(std::string_view bytes);

/// Of a file on the disk, of which only what is looked at is read. Throws Error{not_found,
/// io_failure, bad_format (no regular file)}.
FileKind file_kind_at(const std::filesystem::path& path);

/// what and advice in one line: "an HTML page (download it in a browser)".
std::string describe_bytes(std::string_view bytes);

/// What to do with a folder where a file of weights was expected: names one in it, if it has one.
std::string folder_advice(const std::filesystem::path& folder);

}  // namespace fcclip::io
