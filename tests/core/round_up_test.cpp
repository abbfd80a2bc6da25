#include "fcclip/core/round_up.h"

#include <cstdint>

#include <gtest/gtest.h>

namespace fcclip {

TEST(RoundUp, PartsAndMultiplesHoldTheCountAndNoMore) {
  for (const int64_t size : {1, 3, 64}) {
    for (int64_t count = 0; count < 200; ++count) {
      const int64_t parts = divide_up(count, size);
      EXPECT_GE(parts * size, count);
      EXPECT_LT(parts * size, count + size);
      EXPECT_EQ(round_up(count, size), parts * size);
    }
  }
}

}  // namespace fcclip
