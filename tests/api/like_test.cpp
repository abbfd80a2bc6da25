// "Like this" through the public face.
#include <algorithm>

#include "tests/api/face.h"

namespace fcclip {
namespace like_test {

using test::encoded_scene;
using test::face_model;

Segmentation ask(const Words& words) {
  return face_model().ask(encoded_scene(), face_model().prepare(words));
}

int64_t query_of(const Segmentation& answer, const std::string& name) {
  const auto found = std::ranges::find(answer.segments, name, &Segment::name);
  return found == answer.segments.end() ? -1 : found->query;
}

TEST(Like, ASegmentStandsForAWordNobodyKnows) {
  const Words words = parse_words("ladybug, rock, wood, christmas tree, sailboat");
  const int64_t query = query_of(ask(words), "ladybug");
  ASSERT_GE(query, 0);
  const std::vector<ShownSegment> shown = {{encoded_scene(), query}};
  const Words others = parse_words("rock, wood, christmas tree, sailboat");
  const Words with = face_model().like(others, "this one", shown);
  ASSERT_EQ(with.classes.size(), 5U);
  EXPECT_EQ(with.classes.back().synonyms.front(), "this one");
  ASSERT_TRUE(with.classes.back().rows);
  EXPECT_FALSE(with.classes.front().rows);
  EXPECT_EQ(query_of(ask(with), "this one"), query);
}

TEST(Like, BesideAWordItsClassStays) {
  const Words words = parse_words("ladybug | beetle, rock, wood, christmas tree, sailboat");
  const int64_t query = query_of(ask(words), "ladybug");
  const std::vector<ShownSegment> shown = {{encoded_scene(), query}};
  const Words with = face_model().like(words, "beetle", shown);
  ASSERT_EQ(with.classes.size(), words.classes.size());
  EXPECT_TRUE(with.classes.front().rows);
  EXPECT_EQ(query_of(ask(with), "ladybug"), query);
}

TEST(Like, Refusals) {
  const Words words = parse_words("rock");
  const std::vector<ShownSegment> missing = {{encoded_scene(), 4000}};
  EXPECT_ERROR(invalid_argument, "no example", face_model().like(words, "a", {}));
  EXPECT_ERROR(invalid_argument, "no mask 4000", face_model().like(words, "a", missing));
}

}  // namespace like_test
}  // namespace fcclip
