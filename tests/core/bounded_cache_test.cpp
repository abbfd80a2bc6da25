#include "fcclip/core/bounded_cache.h"

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace fcclip {
namespace bounded_cache_test {

using Cache = BoundedCache<int, std::string>;

std::string get(Cache& cache, int key, int& made, size_t size = 4) {
  return cache.get(
      key, [&] { return ++made, std::string(size, static_cast<char>('a' + key)); },
      [](const std::string& text) { return static_cast<int64_t>(text.size()); });
}

TEST(BoundedCache, MakesOnceWhatIsAskedForAgain) {
  Cache cache(100);
  int made = 0;
  EXPECT_EQ(get(cache, 1, made), "bbbb");
  EXPECT_EQ(get(cache, 1, made), "bbbb");
  EXPECT_EQ(made, 1);
  EXPECT_EQ(cache.bytes(), 4);
}

TEST(BoundedCache, TheLeastRecentlyUsedGoesFirst) {
  Cache cache(8);
  int made = 0;
  for (const int key : {1, 2, 1, 3}) get(cache, key, made);  // 2 has gone
  EXPECT_EQ(made, 3);
  EXPECT_EQ(cache.bytes(), 8);
  get(cache, 1, made);
  EXPECT_EQ(made, 3);
  get(cache, 2, made);
  EXPECT_EQ(made, 4);
}

TEST(BoundedCache, WhatIsLargerThanAllTheRoomIsNotKept) {
  Cache cache(8);
  int made = 0;
  get(cache, 1, made);
  get(cache, 2, made, 9);
  get(cache, 2, made, 9);
  EXPECT_EQ(made, 3);
  get(cache, 1, made);
  EXPECT_EQ(made, 3);
}

TEST(BoundedCache, AFailureIsNotKept) {
  Cache cache(8);
  const auto size = [](const std::string&) { return int64_t{1}; };
  EXPECT_THROW(cache.get(
                   1, []() -> std::string { throw std::runtime_error("no"); }, size),
               std::runtime_error);
  int made = 0;
  EXPECT_EQ(get(cache, 1, made), "bbbb");
}

TEST(BoundedCache, ThreadsShareIt) {
  Cache cache(12);
  std::vector<std::thread> threads;
  std::vector<int> wrong(4), made(4);
  for (size_t i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 2000; ++round) {
        const int key = round % 5;
        wrong[i] += get(cache, key, made[i]) != std::string(4, static_cast<char>('a' + key));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const int count : wrong) EXPECT_EQ(count, 0);
  EXPECT_LE(cache.bytes(), 12);
}

}  // namespace bounded_cache_test
}  // namespace fcclip
