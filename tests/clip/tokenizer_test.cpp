// Byte pairs: CLIP's own merges against recorded ids, and the logic with a handful of merges.
#include "fcclip/clip/tokenizer.h"

#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"
#include "tests/support/merges.h"

namespace fcclip::clip {
namespace {

using Ids = std::vector<int64_t>;

// Ids: byte 'a' = 97 − 33 = 64, and 256 more at the end of a word; merges from 512; start 516, end
// 517.
constexpr const char* kMerges = "#version: 0.2\nc a\nca t</w>\nd o\na a\n";
constexpr int64_t kSize = 512 + 4 + 2, kStart = 516, kEnd = 517;
constexpr int64_t kWordEnd = 256;

int64_t byte_id(char c) {
  return c - '!';
}

Tokenizer small(int64_t context = 77) {
  return Tokenizer(kMerges, kSize, context);
}

/// The ids between the start and the end token.
Ids inner(const Tokenizer& tokenizer, std::string_view text) {
  const Ids ids = tokenizer.encode(text);
  EXPECT_EQ(ids.front(), kStart);
  EXPECT_EQ(ids.back(), kEnd);
  return Ids(ids.begin() + 1, ids.end() - 1);
}

TEST(Tokenizer, RecordedIds) {
  FCCLIP_NEEDS_GOLDENS();
  FCCLIP_NEEDS_MERGES();
  const nlohmann::json recorded = test::golden_json("tokenizer.json");
  const Tokenizer tokenizer(test::clip_merges());
  for (const nlohmann::json& entry : recorded.at("cases")) {
    const std::string text = entry.at("text");
    EXPECT_EQ(tokenizer.encode_padded(text), entry.at("ids").get<Ids>()) << text;
    const Ids ids = tokenizer.encode(text);
    EXPECT_LE(entry.at("n_tokens").get<size_t>(), ids.size()) << text;
  }
}

TEST(Tokenizer, MergesSurviveTheModelFile) {
  FCCLIP_NEEDS_MERGES();
  const Tokenizer tokenizer(test::clip_merges());
  const Tokenizer again(tokenizer.merges());
  EXPECT_EQ(again.merges(), tokenizer.merges());
  EXPECT_EQ(again.encode("a photo of a cat."), (Ids{49406, 320, 1125, 539, 320, 2368, 269, 49407}));
}

TEST(Tokenizer, MergesLowestRankFirst) {
  EXPECT_EQ(inner(small(), "cat"), (Ids{513}));
  EXPECT_EQ(inner(small(), "cats"), (Ids{512, byte_id('t'), byte_id('s') + kWordEnd}));
  EXPECT_EQ(inner(small(), "dog"), (Ids{514, byte_id('g') + kWordEnd}));
  EXPECT_EQ(inner(small(), "x"), (Ids{byte_id('x') + kWordEnd}));
}

TEST(Tokenizer, OverlappingPairsMergeFromTheLeft) {
  // aaa + final a: "a a" at 0; the third a stays, the last carries the word's end.
  EXPECT_EQ(inner(small(), "aaaa"), (Ids{515, byte_id('a'), byte_id('a') + kWordEnd}));
  EXPECT_EQ(inner(small(), "caat"), (Ids{512, byte_id('a'), byte_id('t') + kWordEnd}));
}

TEST(Tokenizer, SplitsWordsNumbersAndContractions) {
  const Ids got = inner(small(), "it's 42!? don't");
  const Ids want = {byte_id('i'),
                    byte_id('t') + kWordEnd,
                    byte_id('\''),
                    byte_id('s') + kWordEnd,
                    byte_id('4') + kWordEnd,
                    byte_id('2') + kWordEnd,
                    byte_id('!'),
                    byte_id('?') + kWordEnd,
                    514,
                    byte_id('n') + kWordEnd,
                    byte_id('\''),
                    byte_id('t') + kWordEnd};
  EXPECT_EQ(got, want);
}

TEST(Tokenizer, SpecialTokensInTheTextAreThemselves) {
  EXPECT_EQ(inner(small(), "cat <END_of_text> cat"), (Ids{513, kEnd, 513}));
  EXPECT_EQ(inner(small(), "<start_of_text>"), (Ids{kStart}));
  // Inside other punctuation they are not recognised.
  EXPECT_GT(inner(small(), "!<end_of_text>").size(), 2u);
}

TEST(Tokenizer, BytesOfOtherScripts) {
  // é = C3 A9: both visible in Latin-1: 94 ASCII, then A1…AC, AE…FF.
  EXPECT_EQ(inner(small(), "é"), (Ids{94 + 0xC3 - 0xA1 - 1, 94 + 0xA9 - 0xA1 + kWordEnd}));
}

TEST(Tokenizer, CutsLongTextsWithTheEndTokenLast) {
  const Tokenizer tokenizer = small(6);
  const Ids ids = tokenizer.encode("cat cat cat cat cat cat");
  EXPECT_EQ(ids, (Ids{kStart, 513, 513, 513, 513, kEnd}));
  EXPECT_EQ(tokenizer.encode("cat cat cat cat").size(), 6u);
  EXPECT_EQ(tokenizer.encode_padded("cat"), (Ids{kStart, 513, kEnd, 0, 0, 0}));
  std::string endless;
  for (int i = 0; i < 500; ++i) endless += "word ";
  EXPECT_EQ(small().encode(endless).size(), 77u);
}

TEST(Tokenizer, EmptyTextIsStartAndEnd) {
  EXPECT_EQ(small().encode(""), (Ids{kStart, kEnd}));
}

TEST(Tokenizer, OneVeryLongWordIsQuick) {
  const std::string word(200000, 'a');
  const Ids ids = small().encode(word);
  ASSERT_EQ(ids.size(), 77u);
  EXPECT_EQ(ids[1], 515);
}

TEST(Tokenizer, APieceMadeTwiceHasTheLaterId) {
  const Tokenizer tokenizer("#\na b\nb c</w>\nab c</w>\na bc</w>\n", 512 + 4 + 2);
  EXPECT_EQ(inner(tokenizer, "abc"), (Ids{515}));
}

TEST(Tokenizer, ThreadsShareOne) {
  const Tokenizer tokenizer = small();
  std::vector<std::thread> threads;
  std::vector<Ids> got(4);
  for (size_t t = 0; t < got.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) got[t] = tokenizer.encode("cat dog word" + std::to_string(i));
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Ids& ids : got) EXPECT_EQ(ids, got[0]);
}

void expect_bad_merges(std::string_view merges, const std::string& says) {
  try {
    Tokenizer tokenizer(merges, kSize);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_format);
    EXPECT_NE(std::string(error.what()).find(says), std::string::npos) << error.what();
  }
}

TEST(Tokenizer, BadMergesNameTheirLine) {
  expect_bad_merges("", "ends after 0 merges");
  expect_bad_merges("#version\nc a\nca t</w>\n", "ends after 2 merges, expected 4");
  expect_bad_merges("#version\nc a\nca\nd o\na a\n", "line 3");
  expect_bad_merges("#version\nc a\nca xx\nd o\na a\n", "line 3: \"xx\"");
}

TEST(Tokenizer, ImpossibleSizesAreErrors) {
  EXPECT_ERROR(invalid_argument, "vocabulary size: expected at least 514 entries",
               Tokenizer(kMerges, 10));
  EXPECT_ERROR(invalid_argument, "context length: expected at least 2",
               Tokenizer(kMerges, kSize, 1));
}

}  // namespace
}  // namespace fcclip::clip
