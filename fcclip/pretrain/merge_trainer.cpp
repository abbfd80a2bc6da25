#include "fcclip/pretrain/merge_trainer.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "fcclip/clip/byte_pairs.h"
#include "fcclip/clip/tokenizer.h"
#include "fcclip/text/unicode_text.h"

namespace fcclip::pretrain {
namespace {

using Word = std::vector<int32_t>;

constexpr const char* kVersion = "#version: 0.2\n";
constexpr const char* kWordEnd = "</w>";
constexpr int64_t kLongestText = 1 << 20;  // tokens: nothing is cut

// How merge files write the 512 byte pieces: bytes with a visible Latin-1 character first, then the
// others from U+0100 on; the same again at the end of a word.
std::vector<std::string> byte_spellings() {
  std::vector<std::string> visible, hidden;
  for (int byte = 0; byte < 256; ++byte) {
    const bool shown =
        (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xFF && byte != 0xAD);
    std::string text;
    text::append_utf8(shown ? byte : static_cast<char32_t>(0x100 + hidden.size()), text);
    (shown ? visible : hidden).push_back(text);
  }
  visible.insert(visible.end(), hidden.begin(), hidden.end());
  for (size_t i = 0; i < 256; ++i) visible.push_back(visible[i] + kWordEnd);
  return visible;
}

// A tokenizer without merges gives bytes, and says by their ids where words end.
std::map<Word, int64_t> count_words(const std::vector<std::string>& texts) {
  const clip::Tokenizer bytes(kVersion, clip::BytePairs::kByteIds + 2, kLongestText);
  std::map<Word, int64_t> counts;
  for (const std::string& text : texts) {
    Word word;
    for (const int64_t id : bytes.encode(text)) {
      if (id >= clip::BytePairs::kByteIds) continue;  // start and end token
      word.push_back(static_cast<int32_t>(id));
      if (id < 256) continue;
      ++counts[word];
      word.clear();
    }
  }
  return counts;
}

uint64_t pair_key(int32_t left, int32_t right) {
  return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
}

struct CountedWord {
  Word pieces;
  int64_t count = 0;
};

class Trainer {
 public:
  explicit Trainer(const std::map<Word, int64_t>& counts) : spellings_(byte_spellings()) {
    for (const auto& [word, count] : counts) {
      words_.push_back({word, count});
      add_pairs(words_.back(), +1);
    }
  }

  std::string run(int64_t count, int64_t min_frequency) {
    std::string text = kVersion;
    for (int64_t i = 0; i < count; ++i) {
      const uint64_t best = most_frequent(min_frequency);
      if (best == 0) break;
      const auto left = static_cast<int32_t>(best >> 32), right = static_cast<int32_t>(best);
      text += spellings_[left] + " " + spellings_[right] + "\n";
      merge(left, right);
    }
    return text;
  }

 private:
  void add_pairs(const CountedWord& word, int64_t sign) {
    for (size_t i = 0; i + 1 < word.pieces.size(); ++i) {
      pairs_[pair_key(word.pieces[i], word.pieces[i + 1])] += sign * word.count;
    }
  }

  // 0 (the pair of two "!" bytes, which no text needs) when there is none.
  uint64_t most_frequent(int64_t min_frequency) const {
    uint64_t best = 0;
    int64_t most = min_frequency - 1;
    for (const auto& [pair, frequency] : pairs_) {
      if (pair != 0 && (frequency > most || (best != 0 && frequency == most && pair < best))) {
        best = pair;
        most = frequency;
      }
    }
    return best;
  }

  void merge(int32_t left, int32_t right) {
    // A piece spelt as an earlier one is that piece: the tokenizer keeps one entry for both.
    const std::string spelling = spellings_[left] + spellings_[right];
    const auto [known, fresh] =
        merged_.try_emplace(spelling, static_cast<int32_t>(spellings_.size()));
    spellings_.push_back(spelling);
    for (CountedWord& word : words_) {
      const auto at =
          std::adjacent_find(word.pieces.begin(), word.pieces.end(),
                             [&](int32_t a, int32_t b) { return a == left && b == right; });
      if (at == word.pieces.end()) continue;
      add_pairs(word, -1);
      Word joined(word.pieces.begin(), at);
      for (auto i = at; i != word.pieces.end(); ++i) {
        const bool both = i + 1 != word.pieces.end() && *i == left && *(i + 1) == right;
        joined.push_back(both ? known->second : *i);
        if (both) ++i;
      }
      word.pieces = std::move(joined);
      add_pairs(word, +1);
    }
    pairs_.erase(pair_key(left, right));
  }

  std::vector<std::string> spellings_;
  std::unordered_map<std::string, int32_t> merged_;
  std::vector<CountedWord> words_;
  std::unordered_map<uint64_t, int64_t> pairs_;
};

}  // namespace

std::string train_merges(const std::vector<std::string>& texts, int64_t count,
                         int64_t min_frequency) {
  return Trainer(count_words(texts)).run(count, std::max<int64_t>(1, min_frequency));
}

int64_t count_merges(const std::string& merges) {
  return std::count(merges.begin(), merges.end(), '\n') - 1;
}

}  // namespace fcclip::pretrain
