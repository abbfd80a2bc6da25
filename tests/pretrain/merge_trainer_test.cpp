#include "fcclip/pretrain/merge_trainer.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "fcclip/clip/tokenizer.h"

namespace fcclip::pretrain {
namespace {

const std::vector<std::string> kTexts = {
    "a photo of a lion", "a photo of the tiger.", "lion",   "Lion's den",
    "two lions",         "a tiger-lily",          "déjà vu"};

TEST(MergeTrainer, TheTokenizerTakesWhatItWrites) {
  const std::string merges = train_merges(kTexts, 200);
  const int64_t count = count_merges(merges);
  ASSERT_GT(count, 10);
  const clip::Tokenizer tokenizer(merges, 514 + count, 32);
  EXPECT_EQ(tokenizer.merges(), merges);
  // A word met often enough is one token between the start and the end token.
  EXPECT_EQ(tokenizer.encode("lion").size(), 3);
  EXPECT_EQ(tokenizer.encode("photo").size(), 3);
  for (const std::string& text : kTexts) {
    const std::vector<int64_t> ids = tokenizer.encode(text);
    EXPECT_EQ(ids.front(), 512 + count);
    EXPECT_EQ(ids.back(), 513 + count);
    for (const int64_t id : ids) EXPECT_LT(id, 514 + count);
  }
}

TEST(MergeTrainer, OrderOfTextsChangesNothing) {
  std::vector<std::string> reversed = kTexts;
  std::reverse(reversed.begin(), reversed.end());
  EXPECT_EQ(train_merges(kTexts, 60), train_merges(reversed, 60));
}

TEST(MergeTrainer, TheMostFrequentPairComesFirst) {
  // "ab" ends six words, "cd" five.
  std::vector<std::string> texts(6, "ab");
  texts.insert(texts.end(), 5, "cd");
  EXPECT_EQ(train_merges(texts, 2), "#version: 0.2\na b</w>\nc d</w>\n");
}

TEST(MergeTrainer, StopsWhenPairsAreTooRare) {
  EXPECT_EQ(count_merges(train_merges({"ab", "cd"}, 10, 2)), 0);
  EXPECT_EQ(count_merges(train_merges({"ab", "cd"}, 10, 1)), 2);
  EXPECT_EQ(count_merges(train_merges({}, 10)), 0);
}

}  // namespace
}  // namespace fcclip::pretrain
