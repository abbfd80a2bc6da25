#pragma once
// Text rows that come with a model: a file beside it, read only, so that the first question about
// its words needs no text tower.

#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <ATen/core/Tensor.h>

namespace fcclip::classify {

/// What rows depend on besides their words.
struct RowsOrigin {
  std::string fingerprint;             ///< of the text tower's weights and the tokenizer's merges
  std::vector<std::string> templates;  ///< as EncodeOptions has them

  bool operator==(const RowsOrigin&) const = default;
};

/// The rows of a file of save_rows. Safe to use from several threads.
class RowsFile {
 public:
  /// Throws Error{not_found, io_failure}, Error{bad_format} for another kind of file and for one
  /// whose checksum is wrong.
  explicit RowsFile(const std::filesystem::path& path);

  /// The row [D] float32 of this text, made unit length again after its rounding, not to be written
  /// to; nothing where the file has none, or is of other weights or templates.
  std::optional<at::Tensor> find(const std::string& fingerprint,
                                 const std::vector<std::string>& templates,
                                 const std::string& text) const;
  const RowsOrigin& origin() const { return origin_; }
  /// Words that have a row.
  int64_t size() const { return static_cast<int64_t>(places_.size()); }

 private:
  RowsOrigin origin_;
  at::Tensor rows_;  ///< [N, D] float32
  std::unordered_map<std::string, int64_t> places_;
};

/// Writes words with their rows, 2 bytes a number, atomically: safetensors with one tensor (`rows`)
/// and words, origin and a checksum as metadata.
///   rows  [N, D] unit length, one per word
/// Throws Error{shape_mismatch, invalid_argument (a word that is there twice), io_failure}.
void save_rows(const std::filesystem::path& path, const RowsOrigin& origin,
               const std::vector<std::string>& words, const at::Tensor& rows);

/// Where the rows of a model are looked for: "mini.safetensors" -> "mini.rows.safetensors" beside it.
std::filesystem::path rows_file_of(const std::filesystem::path& model);

}  // namespace fcclip::classify
