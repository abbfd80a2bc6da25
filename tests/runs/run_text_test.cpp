#include "fcclip/runs/run_text.h"

#include <gtest/gtest.h>

namespace fcclip::runs {
namespace run_text_test {

TEST(RunText, HasTheStepsThatTookPartWithTwoDigitsThatMeanSomething) {
  Timing timing;
  timing.network = 0.0823;
  timing.decode = 1.234;
  timing.draw = 12.6;
  EXPECT_EQ(timing_line(timing), "decoding 1.23 s, network 0.082 s, drawing 13 s");
  EXPECT_EQ(timing_line({}), "");
}

TEST(RunText, OfAPictureHasItsSizeAndSegments) {
  results::Segmentation one{{480, 640}, results::InstanceSegmentation{{results::Segment()}}};
  EXPECT_EQ(picture_line("scene.png", one), "scene.png: 640x480, 1 segment");
  one.segments().emplace_back();
  EXPECT_EQ(picture_line("scene.png", one), "scene.png: 640x480, 2 segments");
}

}  // namespace run_text_test
}  // namespace fcclip::runs
