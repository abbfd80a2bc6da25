#include "fcclip/data/stream.h"

#include <algorithm>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "fcclip/core/endless.h"

namespace fcclip::data {
namespace {

TEST(Shuffled, EveryEpochIsAnotherPermutationOfAllPictures) {
  for (const int64_t size : {1, 2, 7, 100}) {
    const Stream<int64_t> order = shuffled(size, 4);
    std::vector<int64_t> first, second;
    for (int64_t i = 0; i < size; ++i) {
      first.push_back(order(i));
      second.push_back(order(size + i));
    }
    EXPECT_EQ(std::set<int64_t>(first.begin(), first.end()).size(), static_cast<size_t>(size));
    EXPECT_EQ(*std::max_element(first.begin(), first.end()), size - 1);
    EXPECT_EQ(std::set<int64_t>(second.begin(), second.end()).size(), static_cast<size_t>(size));
    if (size == 100) {
      EXPECT_NE(first, second);
    }
  }
}

// Runs that were begun before must go on with the same pictures.
TEST(Shuffled, TheOrderIsForEver) {
  const Stream<int64_t> order = shuffled(10, 0);
  std::vector<int64_t> got;
  for (int64_t i = 0; i < 20; ++i) got.push_back(order(i));
  EXPECT_EQ(got,
            (std::vector<int64_t>{5, 6, 7, 3, 2, 9, 8, 4, 1, 0, 0, 1, 7, 4, 8, 3, 2, 9, 5, 6}));
}

TEST(Shuffled, WhatNeverEndsIsReadInOrder) {
  const Stream<int64_t> order = shuffled(kEndless, 4);
  EXPECT_EQ(order(0), 0);
  EXPECT_EQ(order(12345), 12345);
  EXPECT_EQ(shuffled(1, 4)(7), 0);
  EXPECT_EQ(shuffled(0, 4)(7), 0);
}

TEST(Streams, AreComposed) {
  const Stream<int64_t> numbers = [](int64_t position) { return 10 * position; };
  const Stream<std::string> texts = mapped(numbers, [](int64_t number, int64_t position) {
    return std::to_string(number) + "@" + std::to_string(position);
  });
  EXPECT_EQ(texts(3), "30@3");
  const Stream<std::vector<std::string>> batches = batched(texts, 2);
  EXPECT_EQ(batches(0), (std::vector<std::string>{"0@0", "10@1"}));
  EXPECT_EQ(batches(4), (std::vector<std::string>{"80@8", "90@9"}));
}

}  // namespace
}  // namespace fcclip::data
