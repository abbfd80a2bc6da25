#include "fcclip/core/utc_time.h"

#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

namespace fcclip {
namespace {

TEST(UtcTime, IsIso8601InUtc) {
  EXPECT_EQ(utc_text(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(utc_text(951'827'696), "2000-02-29T12:34:56Z");
  EXPECT_EQ(utc_text(951'827'696, "%Y-%m-%d"), "2000-02-29");
}

TEST(UtcTime, NoCalendarHasIt) {
  EXPECT_EQ(utc_text(std::numeric_limits<std::int64_t>::max()), "");
}

}  // namespace
}  // namespace fcclip
