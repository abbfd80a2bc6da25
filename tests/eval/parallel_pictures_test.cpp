#include "fcclip/eval/parallel_pictures.h"

#include <atomic>

#include <gtest/gtest.h>

namespace fcclip::eval {
namespace {

struct Indices {
  std::vector<int64_t> list;
  void merge(const Indices& other) {
    list.insert(list.end(), other.list.begin(), other.list.end());
  }
};

void note(int64_t index, Indices& indices) {
  indices.list.push_back(index);
}

TEST(ParallelPictures, AreMergedInTheirOrder) {
  for (const int64_t count : {0, 1, 2, 37}) {
    std::vector<int64_t> want(count);
    for (int64_t i = 0; i < count; ++i) want[i] = i;
    EXPECT_EQ(parallel_pictures(count, Indices(), note, {}).list, want);
  }
}

TEST(ParallelPictures, EveryPictureIsReportedOnce) {
  std::vector<int64_t> told;
  parallel_pictures(20, Indices(), note, [&](int64_t done, int64_t total) {
    told.push_back(done);
    return total == 20;
  });
  ASSERT_EQ(told.size(), 20u);
  for (int64_t i = 0; i < 20; ++i) EXPECT_EQ(told[i], i + 1);
}

TEST(ParallelPictures, StopEndsAllThreads) {
  std::atomic<int64_t> looked_at = 0;
  int64_t asked = 0;
  try {
    parallel_pictures(
        1000, Indices(), [&](int64_t, Indices&) { ++looked_at; },
        [&](int64_t done, int64_t) {
          ++asked;
          return done < 5;
        });
    FAIL() << "went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::interrupted);
  }
  EXPECT_EQ(asked, 5);
  EXPECT_LE(looked_at, 5 + at::get_num_threads());
}

TEST(ParallelPictures, TheFirstErrorIsThrown) {
  try {
    parallel_pictures(40, Indices(),
                      [](int64_t index, Indices&) {
                        if (index % 7 == 3) fail(ErrorCode::bad_format, "picture ", index);
                      },
                      {});
    FAIL() << "went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_format);
    EXPECT_STREQ(error.what(), "picture 3");
  }
}

}  // namespace
}  // namespace fcclip::eval
