#include "fcclip/core/nearest_name.h"

#include <gtest/gtest.h>

namespace fcclip {
namespace {

TEST(NearestName, DistancesCountCharacters) {
  EXPECT_EQ(edit_distance("", ""), 0);
  EXPECT_EQ(edit_distance("", "cat"), 3);
  EXPECT_EQ(edit_distance("segmnet", "segment"), 1);  // neighbours swapped
  EXPECT_EQ(edit_distance("ca", "abc"), 3);           // no part is changed twice
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3);
  EXPECT_EQ(edit_distance("кот", "кит"), 1);
  EXPECT_EQ(edit_distance("Coco-Stuff", "coco_stuff"), 0);
}

TEST(NearestName, TheNearestIsNamed) {
  const std::vector<std::string> commands = {"classes", "convert", "eval", "segment", "score"};
  EXPECT_EQ(nearest_name("segmnet", commands), "segment");
  EXPECT_EQ(nearest_name("SCORE", commands), "score");
  EXPECT_EQ(nearest_name("seg", commands), "segment");  // the beginning of it
  EXPECT_EQ(nearest_name("evaluate", {"eval", "evaluation"}), "evaluation");
}

TEST(NearestName, NothingNearIsNotNamed) {
  EXPECT_EQ(nearest_name("photo.jpg", {"segment", "score"}), "");
  EXPECT_EQ(nearest_name("ab", {"xy", "abcdefgh"}), "");
  EXPECT_EQ(nearest_name("", {"a", "segment"}), "");
  EXPECT_EQ(nearest_name("cat", {}), "");
}

TEST(NearestName, Question) {
  EXPECT_EQ(did_you_mean("coc", {"ade20k", "coco"}), " (did you mean coco?)");
  EXPECT_EQ(did_you_mean("zebra", {"ade20k", "coco"}), "");
}

}  // namespace
}  // namespace fcclip
