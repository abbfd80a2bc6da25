// Words in tables.

#include "fcclip/outputs/segment_table.h"

#include <sstream>

#include <gtest/gtest.h>

#include "fcclip/text/display_width.h"

namespace fcclip::outputs {
namespace {

results::Segmentation two_segments() {
  results::Segment bat;
  bat.id = 1;
  bat.name = bat.synonym = "baseball bat";
  bat.score = 0.5;
  bat.in_vocabulary_score = 0.25;
  bat.out_of_vocabulary_score = 0.75;
  bat.next_best = {{"rock", 0.1}, {"wood", 0.05}};
  bat.area_px = 2000;
  bat.box_xywh_px = {10, 20, 30, 40};
  results::Segment rock = bat;
  rock.id = 2;
  rock.name = "rock";
  rock.synonym = "stone";
  return {{100, 200}, results::InstanceSegmentation{{bat, rock}}};
}

std::vector<std::string> table_lines(const results::Segmentation& result, int64_t width) {
  std::ostringstream out;
  write_table(out, "title", result, width);
  std::istringstream in(out.str());
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(Table, ShowsEverythingWithoutALimit) {
  const std::vector<std::string> lines = table_lines(two_segments(), 0);
  ASSERT_EQ(lines.size(), 4);
  EXPECT_EQ(lines[1],
            "  id name         synonym kind  score trained CLIP  area  box         next best");
  EXPECT_EQ(lines[2],
            "  1  baseball bat         thing 0.500 0.250   0.750 10.0% 10,20 30x40 rock 0.10, "
            "wood 0.05");
}

TEST(Table, FitsWithTheMostTellingColumns) {
  for (int64_t width = 25; width < 90; ++width) {
    const std::vector<std::string> lines = table_lines(two_segments(), width);
    ASSERT_EQ(lines.size(), 4);
    for (size_t i = 1; i < 4; ++i) EXPECT_LE(text::display_width(lines[i]), width) << lines[i];
    EXPECT_NE(lines[1].find("score"), std::string::npos);
  }
  EXPECT_EQ(table_lines(two_segments(), 70)[2],
            "  1  baseball bat         thing 0.500 10.0% 10,20 30x40 rock 0.10");
  EXPECT_EQ(table_lines(two_segments(), 25)[2], "  1  basebal… 0.500 10.0%");
}

TEST(Table, LeavesOutWhatSaysNothing) {
  results::Segmentation one = two_segments();
  one.segments().resize(1);
  one.segments()[0].in_vocabulary_score = one.segments()[0].out_of_vocabulary_score = 1;
  one.segments()[0].next_best.clear();
  EXPECT_EQ(table_lines(one, 0)[1], "  id name         kind  score area  box");
}

TEST(Table, TellsHowManyAreNotShown) {
  results::Segmentation nothing{{100, 200}, results::InstanceSegmentation{}};
  EXPECT_EQ(table_lines(nothing, 0).size(), 1);
  nothing.min_score = 0.3;
  nothing.below_min_score = 90;
  EXPECT_EQ(table_lines(nothing, 0)[1], "  90 below 0.3 not shown (--min-score)");
}

}  // namespace
}  // namespace fcclip::outputs
