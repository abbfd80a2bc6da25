#include <algorithm>
#include <set>

#include "tests/api/face.h"

namespace fcclip {
namespace {

using test::code_of;
using test::encoded_scene;
using test::face_model;

const PreparedWords& scene_words() {
  static const PreparedWords words =
      face_model().prepare(parse_words("ladybug, rock, wood, christmas tree, sailboat"));
  return words;
}

Segment ladybug() {
  const Segmentation answer = face_model().ask(encoded_scene(), scene_words());
  const auto found = std::ranges::find(answer.segments, "ladybug", &Segment::name);
  if (found == answer.segments.end()) {
    ADD_FAILURE() << "no ladybug in the scene";
    return {};
  }
  return *found;
}

std::array<double, 2> middle(const Segment& segment) {
  const auto [x, y, width, height] = segment.box_xywh_px;
  return {static_cast<double>(x) + static_cast<double>(width) / 2,
          static_cast<double>(y) + static_cast<double>(height) / 2};
}

TEST(Place, PointGivesTheMasksThereBestFirst) {
  const std::array<double, 2> point = middle(ladybug());
  const Segmentation answer = face_model().at(encoded_scene(), scene_words(), {{point}});
  ASSERT_FALSE(answer.segments.empty());
  EXPECT_EQ(answer.task, Task::instance);
  EXPECT_EQ(answer.segments.front().name, "ladybug");
  const size_t pixel = static_cast<size_t>(static_cast<int64_t>(point[1]) * answer.size.width +
                                           static_cast<int64_t>(point[0]));
  double last = 1;
  for (const Segment& segment : answer.segments) {
    EXPECT_EQ(mask_of(answer, segment)[pixel], 1) << segment.name;
    EXPECT_LE(segment.score, last);
    last = segment.score;
  }
}

TEST(Place, BoxAroundAThingGivesIt) {
  const Segment wanted = ladybug();
  Place place;
  place.box_xywh_px.emplace();
  std::ranges::copy(wanted.box_xywh_px, place.box_xywh_px->begin());
  const Segmentation answer = face_model().at(encoded_scene(), scene_words(), place);
  ASSERT_FALSE(answer.segments.empty());
  EXPECT_EQ(answer.segments.front().name, "ladybug");
  EXPECT_NEAR(static_cast<double>(answer.segments.front().area_px),
              static_cast<double>(wanted.area_px), 0.2 * static_cast<double>(wanted.area_px));
}

TEST(Place, MasksThatAreNearlyOneCountOnce) {
  const Segmentation answer =
      face_model().at(encoded_scene(), scene_words(), {{middle(ladybug())}});
  for (size_t i = 0; i < answer.segments.size(); ++i) {
    const std::vector<uint8_t> mask = mask_of(answer, answer.segments[i]);
    for (size_t j = i + 1; j < answer.segments.size(); ++j) {
      const std::vector<uint8_t> other = mask_of(answer, answer.segments[j]);
      int64_t both = 0, either = 0;
      for (size_t p = 0; p < mask.size(); ++p)
        both += mask[p] & other[p], either += mask[p] | other[p];
      EXPECT_LE(static_cast<double>(both), 0.851 * static_cast<double>(either));
    }
  }
}

TEST(Place, TopKBoundsTheAnswer) {
  const Segmentation answer =
      face_model().at(encoded_scene(), scene_words(), {{middle(ladybug())}}, {.top_k = 1});
  EXPECT_EQ(answer.segments.size(), 1u);
}

TEST(Place, RefusesWhatIsNoPlace) {
  const auto ask = [](const Place& place) {
    return code_of([&] { face_model().at(encoded_scene(), scene_words(), place); });
  };
  EXPECT_EQ(ask({}), ErrorCode::invalid_argument);
  EXPECT_EQ(ask({{{-1, 5}}}), ErrorCode::invalid_argument);
  EXPECT_EQ(ask({{{5, 480}}}), ErrorCode::invalid_argument);
  EXPECT_EQ(ask({{{5, std::nan("")}}}), ErrorCode::invalid_argument);
  EXPECT_EQ(ask({{{5, 5}}, {{1, 1, 2, 2}}}), ErrorCode::invalid_argument);
  EXPECT_EQ(ask({{}, {{1, 1, 0, 2}}}), ErrorCode::invalid_argument);
  EXPECT_EQ(ask({{}, {{600, 1, 100, 2}}}), ErrorCode::invalid_argument);
}

TEST(BestWords, AreWhatIsHereWithMasks) {
  const Segmentation answer = face_model().best_words(encoded_scene(), scene_words(), 3);
  ASSERT_EQ(answer.segments.size(), 3u);
  EXPECT_EQ(answer.task, Task::instance);
  const Segmentation instances =
      face_model().ask(encoded_scene(), scene_words(), {.task = Task::instance, .top_k = 1});
  EXPECT_EQ(answer.segments.front().name, instances.segments.front().name);
  EXPECT_NEAR(answer.segments.front().score, instances.segments.front().score, 1e-6);
  std::set<std::string> names;
  for (const Segment& word : answer.segments) {
    EXPECT_TRUE(names.insert(word.name).second) << word.name;
    EXPECT_EQ(word.id, std::ssize(names));
    EXPECT_EQ(word.next_best.size(), 3u);
    const std::vector<uint8_t> mask = mask_of(answer, word);
    EXPECT_EQ(std::ranges::count(mask, 1), word.area_px);
  }
  const Segmentation all = face_model().best_words(encoded_scene(), scene_words());
  EXPECT_EQ(all.segments.size(), scene_words().words().classes.size());
  EXPECT_EQ(code_of([] { face_model().best_words(encoded_scene(), scene_words(), 0); }),
            ErrorCode::invalid_argument);
}

TEST(Everything, HasEveryNameOnceAndMoreThanAnyPart) {
  const Words all = builtin_words("everything");
  EXPECT_GT(all.classes.size(), builtin_words("lvis").classes.size());
  std::vector<std::string> names;
  for (const WordClass& entry : all.classes) names.push_back(entry.synonyms.front());
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
  EXPECT_EQ(std::ranges::count(names, "background"), 0);
  const auto cat = std::ranges::find_if(
      all.classes, [](const WordClass& entry) { return entry.synonyms.front() == "cat"; });
  ASSERT_NE(cat, all.classes.end());
  EXPECT_EQ(cat->kind, WordKind::thing);  // although tables without that knowledge have it too
}

TEST(Words, MarksAndJoins) {
  const Words both = joined_words(parse_words("cat, dog | puppy"), builtin_words("voc20"));
  EXPECT_EQ(both.classes.size(), 20u);  // cat and dog are among the twenty
  EXPECT_EQ(both.classes[1].synonyms,
            (std::vector<std::string>{"dog", "puppy", "dogs", "puppies"}));
  const Words marked = marked_words(both, {.stuff = "cat", .background = "sky"});
  ASSERT_EQ(marked.classes.size(), 21u);
  EXPECT_EQ(marked.classes[0].kind, WordKind::stuff);
  EXPECT_EQ(marked.classes[20].kind, WordKind::background);
}

TEST(Json, OfAnAnswerNamesPictureAndSegments) {
  const Segmentation answer = face_model().ask(encoded_scene(), scene_words());
  const std::string text = to_json(answer, "scene.png", MaskForm::rle);
  EXPECT_NE(text.find("\"image\":\"scene.png\""), std::string::npos);
  EXPECT_NE(text.find("\"name\":\"ladybug\""), std::string::npos);
  EXPECT_NE(text.find(rle_of(answer, answer.segments.front()).substr(0, 8)), std::string::npos);
  EXPECT_EQ(text.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace fcclip
