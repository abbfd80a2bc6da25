#include "fcclip/core/shard.h"

#include <vector>

#include <gtest/gtest.h>

#include "tests/support/errors.h"

namespace fcclip {
namespace {

TEST(Shard, TextIsReadAndWritten) {
  const Shard shard = shard_of("2/4");
  EXPECT_EQ(shard, (Shard{2, 4}));
  EXPECT_EQ(shard.text(), "2/4");
  EXPECT_EQ(shard.file_text(), "2-of-4");
  EXPECT_FALSE(shard.is_all());
  EXPECT_TRUE(shard_of("1/1").is_all());
}

TEST(Shard, EveryEntryBelongsToOne) {
  for (int64_t position = 0; position < 11; ++position) {
    int64_t takers = 0;
    for (int64_t number = 1; number <= 4; ++number) {
      if (Shard{number, 4}.takes(position)) ++takers;
    }
    EXPECT_EQ(takers, 1) << position;
  }
  EXPECT_TRUE((Shard{2, 4}.takes(1)));
  EXPECT_TRUE((Shard{2, 4}.takes(5)));
}

TEST(Shard, WhatIsNoneIsNamed) {
  for (const char* text : {"", "2", "/", "2/", "/4", "0/4", "5/4", "-1/4", "1/-4", "+1/4", "1/4/4",
                           " 1/4", "1.0/4", "0/0", "1/1000001", "99999999999999999999/4"}) {
    EXPECT_ERROR(invalid_argument, std::string(text) + ": expected K/N", shard_of(text));
  }
}

}  // namespace
}  // namespace fcclip
