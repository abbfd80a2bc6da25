#include "fcclip/data/stream.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "fcclip/core/endless.h"
#include "fcclip/data/repeat_factors.h"
#include "tests/support/errors.h"

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

TEST(MixedStreams, HaveTheirSharesAndLoseNoPosition) {
  const Stream<Mixed> mix = mixed({3, 1}, 7);
  std::vector<int64_t> next(2, 0);
  for (int64_t i = 0; i < 3000; ++i) {
    const Mixed one = mix(i);
    EXPECT_EQ(one.position, next[one.stream]++) << i;
    if (i == 1023) {
      EXPECT_EQ(next, (std::vector<int64_t>{768, 256}));
    }
  }
  EXPECT_NEAR(static_cast<double>(next[0]), 2250, 60);
  // In random order, by the seed, from any position on.
  int64_t runs = 0, others = 0;
  const Stream<Mixed> again = mixed({3, 1}, 7), other = mixed({3, 1}, 8);
  for (int64_t i = 1; i < 500; ++i) {
    runs += mix(i).stream != mix(i - 1).stream;
    others += mix(i).stream != other(i).stream;
    EXPECT_EQ(again(2000 + i).position, mix(2000 + i).position);
  }
  EXPECT_GT(runs, 100);
  EXPECT_GT(others, 100);
}

TEST(MixedStreams, OneAloneIsAsItWasAndBadWeightsAreRefused) {
  EXPECT_EQ(mixed({0.3}, 7)(12345).position, 12345);
  EXPECT_ERROR(invalid_argument, "weight 0 of data set 1", mixed({1, 0}, 7));
  EXPECT_ERROR(invalid_argument, "at least a thousandth", mixed({1, 0.0001}, 7));
}

TEST(RepeatFactors, AreThoseOfTheRarestClass) {
  // Class 0 in all eight pictures, 1 in two, 2 in one; the last shows nothing.
  const std::vector<std::vector<int64_t>> classes = {{0, 0, 1}, {0, 1, 2}, {0}, {0},
                                                     {0},       {0},       {0}, {}};
  const std::vector<double> factors = repeat_factors(classes, 0.5);
  EXPECT_DOUBLE_EQ(factors[0], std::sqrt(0.5 / 0.25));
  EXPECT_DOUBLE_EQ(factors[1], std::sqrt(0.5 / 0.125));
  EXPECT_EQ(factors[2], 1);
  EXPECT_EQ(factors[7], 1);
  EXPECT_DOUBLE_EQ(repeat_factors(classes, 0.5, false)[1], 4);
}

TEST(RepeatFactors, PicturesComeAsOftenAsTheirFactorsSay) {
  const std::vector<double> factors = {1, 2.5, 1, 1.25, 1};
  const Stream<int64_t> order = repeated(factors, 3);
  constexpr int64_t kLength = 27000;
  std::vector<int64_t> counts(5, 0);
  for (int64_t i = 0; i < kLength; ++i) ++counts[order(i)];
  const double epochs = static_cast<double>(counts[0]);
  for (size_t i = 0; i < factors.size(); ++i) {
    EXPECT_NEAR(counts[i] / epochs, factors[i], 0.03) << i;
  }
  // The whole parts in every epoch: picture 1 twice or three times between its neighbours' ones.
  const Stream<int64_t> plain = repeated({1, 1, 1, 1}, 3);
  for (int64_t epoch = 0; epoch < 20; ++epoch) {
    std::set<int64_t> seen;
    for (int64_t i = 0; i < 4; ++i) seen.insert(plain(4 * epoch + i));
    EXPECT_EQ(seen.size(), 4u);
  }
}

TEST(RepeatFactors, AResumedRunSeesTheSamePictures) {
  const std::vector<double> factors = {1, 2.5, 1, 1.25, 1, 3.75};
  const Stream<int64_t> whole = repeated(factors, 11);
  std::vector<int64_t> want;
  for (int64_t i = 0; i < 400; ++i) want.push_back(whole(i));
  const Stream<int64_t> resumed = repeated(factors, 11), other = repeated(factors, 12);
  int64_t different = 0;
  for (int64_t i = 399; i >= 0; --i) {
    EXPECT_EQ(resumed(i), want[i]) << i;
    different += other(i) != want[i];
  }
  EXPECT_GT(different, 100);
  EXPECT_ERROR(invalid_argument, "repeat factors", repeated({0.5}, 1));
}

}  // namespace
}  // namespace fcclip::data
