#include "apps/video_flags.h"

#include <gtest/gtest.h>

#include "tests/support/errors.h"

namespace fcclip::apps {
namespace {

TEST(Times, AreSecondsOrPartsAtColons) {
  EXPECT_EQ(parse_time("90"), 90);
  EXPECT_EQ(parse_time("1.5"), 1.5);
  EXPECT_EQ(parse_time("1:30"), 90);
  EXPECT_EQ(parse_time("1:02:03.25"), 3723.25);
  EXPECT_EQ(parse_time("90:00"), 5400);
  for (const char* text :
       {"", ":", "1:", ":30", "1:60", "1:2:3:4", "1.5:00", "-3", "ten", "1..2", "1:30s", "1e3"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

TEST(VideoRequests, AreKnownByNamesOrTheFlag) {
  VideoFlags flags;
  EXPECT_TRUE(asks_for_video(flags, {"clip.mp4", "other.MKV"}));
  EXPECT_FALSE(asks_for_video(flags, {"photo.jpg", "folder"}));
  EXPECT_ERROR(invalid_argument, "films and pictures in one run",
               asks_for_video(flags, {"clip.mp4", "photo.jpg"}));
  flags.every = 2;
  EXPECT_ERROR(invalid_argument, "--video takes a folder", asks_for_video(flags, {"folder"}));
  flags.video = true;
  EXPECT_TRUE(asks_for_video(flags, {"folder"}));
}

}  // namespace
}  // namespace fcclip::apps
