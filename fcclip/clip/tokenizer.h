#pragma once
// CLIP's byte-pair tokenizer with its full text cleaning.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fcclip::clip {

/// Text as CLIP sees it: mojibake and lookalikes mended (as ftfy's fix_text), HTML entities
/// unescaped twice, white space collapsed, lower case. Input and output UTF-8; invalid bytes become
/// U+FFFD.
std::string clean_text(std::string_view text);

/// Words to ids. Thread-safe once made.
class Tokenizer {
 public:
  /// merges: the text of CLIP's merge file (first line a version comment, then "left right" per
  /// line; only the first vocab_size − 512 − 2 merges are used). Throws Error{bad_format} naming
  /// the line.
  Tokenizer(std::string_view merges, int64_t vocab_size = 49408, int64_t context_length = 77);
  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;

  /// Start token, at most context_length − 2 pieces, end token; no padding. Too long: cut, end
  /// token last.
  std::vector<int64_t> encode(std::string_view text) const;
  /// encode(), then zeros up to context_length.
  std::vector<int64_t> encode_padded(std::string_view text) const;
  /// The merges as given (normalised to "left right\n" lines), for the model file.
  const std::string& merges() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fcclip::clip
