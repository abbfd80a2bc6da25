#include "fcclip/clip/tokenizer.h"

#include <array>
#include <functional>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

#include "fcclip/clip/byte_pairs.h"
#include "fcclip/core/error.h"
#include "fcclip/text/unicode_text.h"

namespace fcclip::clip {
namespace {

constexpr std::array<std::string_view, 2> kSpecialTokens = {"<start_of_text>", "<end_of_text>"};
constexpr std::array<std::string_view, 7> kContractions = {"'s", "'t",  "'re", "'ve",
                                                           "'m", "'ll", "'d"};
constexpr std::string_view kLongS = "\u017F";  // the pattern ignores case, and this is an s to it

/// Length of `literal` at text[at], where an s may also be a long s; 0 when it is not there.
size_t literal_at(std::string_view text, size_t at, std::string_view literal) {
  size_t pos = at;
  for (const char c : literal) {
    if (pos < text.size() && text[pos] == c) {
      ++pos;
    } else if (c == 's' && text.substr(pos, kLongS.size()) == kLongS) {
      pos += kLongS.size();
    } else {
      return 0;
    }
  }
  return pos - at;
}

template <size_t N>
size_t any_literal_at(std::string_view text, size_t at,
                      const std::array<std::string_view, N>& literals) {
  for (const std::string_view literal : literals) {
    if (const size_t length = literal_at(text, at, literal)) return length;
  }
  return 0;
}

/// The word at text[at] after the tokenizer's pattern: end of the word; `found` is false where the
/// character is to be skipped.
size_t word_end(std::string_view text, size_t at, bool& found) {
  found = true;
  const size_t special = text[at] == '<' ? any_literal_at(text, at, kSpecialTokens) : 0;
  const size_t contraction = text[at] == '\'' ? any_literal_at(text, at, kContractions) : 0;
  if (special + contraction > 0) return at + special + contraction;
  size_t end = at;
  const text::CharClass kind = text::char_class(text::next_code_point(text, end));
  found = kind != text::CharClass::unmatched;
  if (!found || kind == text::CharClass::number) return end;
  for (size_t pos = end; pos < text.size(); end = pos) {
    if (text::char_class(text::next_code_point(text, pos)) != kind) break;
  }
  return end;
}

}  // namespace

/// Words seen before. Bounded, so that a server can't be filled by its callers.
class WordCache {
 public:
  bool append(std::string_view word, std::vector<int64_t>& out) const {
    const std::shared_lock lock(mutex_);
    const auto found = words_.find(word);
    if (found == words_.end()) return false;
    out.insert(out.end(), found->second.begin(), found->second.end());
    return true;
  }
  void store(std::string_view word, const std::vector<int32_t>& ids) {
    if (word.size() > kLongestWord) return;
    const std::unique_lock lock(mutex_);
    if (words_.size() < kMostWords) words_.emplace(word, ids);
  }

 private:
  static constexpr size_t kLongestWord = 64, kMostWords = 65536;
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, std::vector<int32_t>, Hash, std::equal_to<>> words_;
};

struct Tokenizer::Impl {
  Impl(std::string_view merges, int64_t vocab_size, int64_t context)
      : pairs(merges, vocab_size - BytePairs::kByteIds - 2), context_length(context) {}

  /// Start token's id; the end token's is one more.
  int64_t start() const { return pairs.size(); }
  size_t most() const { return static_cast<size_t>(context_length); }

  void append_word(std::string_view word, std::vector<int64_t>& out) {
    if (cache.append(word, out)) return;
    if (word == kSpecialTokens[0] || word == kSpecialTokens[1]) {
      out.push_back(start() + (word == kSpecialTokens[1] ? 1 : 0));
      return;
    }
    const std::vector<int32_t> ids = pairs.encode(word);
    out.insert(out.end(), ids.begin(), ids.end());
    cache.store(word, ids);
  }

  BytePairs pairs;
  int64_t context_length;
  WordCache cache;
};

Tokenizer::Tokenizer(std::string_view merges, int64_t vocab_size, int64_t context_length) {
  if (context_length < 2) {
    fail(ErrorCode::invalid_argument, "context length: expected at least 2, got ", context_length);
  }
  impl_ = std::make_unique<Impl>(merges, vocab_size, context_length);
}

Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;

std::vector<int64_t> Tokenizer::encode(std::string_view text) const {
  const std::string clean = clean_text(text);
  std::vector<int64_t> ids = {impl_->start()};
  // What comes after the context is cut anyway.
  for (size_t at = 0; at < clean.size() && ids.size() < impl_->most();) {
    bool found = false;
    const size_t end = word_end(clean, at, found);
    if (found) impl_->append_word(std::string_view(clean).substr(at, end - at), ids);
    at = end;
  }
  if (ids.size() >= impl_->most()) ids.resize(impl_->most() - 1);
  ids.push_back(impl_->start() + 1);
  return ids;
}

std::vector<int64_t> Tokenizer::encode_padded(std::string_view text) const {
  std::vector<int64_t> ids = encode(text);
  ids.resize(impl_->most(), 0);
  return ids;
}

const std::string& Tokenizer::merges() const {
  return impl_->pairs.text();
}

}  // namespace fcclip::clip
