#include "fcclip/core/shared_loader.h"

#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "tests/support/errors.h"

namespace fcclip {
namespace {

using Shared = SharedLoader<int64_t>;

const Shared::GoOn kAlways = [](int64_t) { return true; };

int64_t squared(int64_t i) {
  return i * i;
}

TEST(SharedLoader, EachItemGoesToOneThread) {
  Shared loader(squared, 100, {2, 3}, kAlways);
  std::mutex mutex;
  std::map<int64_t, int64_t> taken;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      while (const std::optional<Shared::Turn> turn = loader.take()) {
        const std::lock_guard lock(mutex);
        EXPECT_TRUE(taken.emplace(turn->number, turn->item.value()).second);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_EQ(taken.size(), 100u);
  for (const auto& [number, item] : taken) EXPECT_EQ(item, number * number);
}

TEST(SharedLoader, AFailureIsItsItemsAlone) {
  Shared loader(
      [](int64_t i) {
        if (i == 1) fail(ErrorCode::bad_format, "picture 1");
        return i;
      },
      3, {1, 2}, kAlways);
  EXPECT_EQ(loader.take()->item, 0);
  const std::optional<Shared::Turn> failed = loader.take();
  EXPECT_EQ(failed->number, 1);
  EXPECT_FALSE(failed->item.has_value());
  EXPECT_ERROR(bad_format, "picture 1", std::rethrow_exception(failed->failure));
  EXPECT_EQ(loader.take()->item, 2);
  EXPECT_FALSE(loader.take().has_value());
}

TEST(SharedLoader, EndsWhenAskedTo) {
  std::vector<int64_t> asked;
  Shared loader(squared, 10, {0, 0}, [&](int64_t number) {
    asked.push_back(number);
    return number < 2;
  });
  EXPECT_TRUE(loader.take() && loader.take());
  EXPECT_FALSE(loader.take() || loader.take());
  EXPECT_EQ(asked, (std::vector<int64_t>{0, 1, 2}));
  Shared ended(squared, 10, {1, 1}, kAlways);
  ended.end();
  EXPECT_FALSE(ended.take().has_value());
}

TEST(SharedLoader, WhatTheQuestionThrowsEndsItForAll) {
  Shared loader(squared, 10, {0, 0}, [](int64_t number) {
    if (number == 1) fail(ErrorCode::interrupted, "stopped");
    return true;
  });
  EXPECT_TRUE(loader.take().has_value());
  EXPECT_ERROR(interrupted, "stopped", loader.take());
  EXPECT_FALSE(loader.take().has_value());
}

}  // namespace
}  // namespace fcclip
