#include <cstring>
#include <set>

#include "tests/api/face.h"

namespace fcclip {
namespace {

using test::code_of;
using test::encoded_scene;
using test::face_model;
using test::scene;

TEST(Face, NamesWhatIsInTheScene) {
  const PreparedWords words = face_model().prepare(parse_words("ladybug, rock"));
  const Segmentation answer = face_model().ask(encoded_scene(), words);
  std::set<std::string> names;
  for (const Segment& segment : answer.segments) names.insert(segment.name);
  EXPECT_TRUE(names.contains("ladybug"));
  EXPECT_TRUE(names.contains("rock"));
}

TEST(Face, SegmentsPartitionThePicture) {
  const PreparedWords words = face_model().prepare(builtin_words("world"));
  for (const Task task : {Task::panoptic, Task::semantic}) {
    const Segmentation answer = face_model().ask(encoded_scene(), words, {.task = task});
    ASSERT_EQ(answer.size, encoded_scene().size());
    ASSERT_EQ(std::ssize(answer.ids), answer.size.height * answer.size.width);
    std::vector<int64_t> pixels(answer.segments.size() + 1);
    for (const int32_t id : answer.ids) ++pixels.at(static_cast<size_t>(id));
    for (const Segment& segment : answer.segments)
      EXPECT_EQ(pixels[static_cast<size_t>(segment.id)], segment.area_px) << segment.name;
  }
}

TEST(Face, InstancesHaveMasksAndNoMap) {
  const PreparedWords words = face_model().prepare(parse_words("ladybug, rock"));
  const Segmentation answer =
      face_model().ask(encoded_scene(), words, {.task = Task::instance, .top_k = 5});
  EXPECT_TRUE(answer.ids.empty());
  ASSERT_FALSE(answer.segments.empty());
  EXPECT_LE(answer.segments.size(), 5u);
  for (const Segment& segment : answer.segments) {
    int64_t inside = 0;
    for (const uint8_t pixel : mask_of(answer, segment)) inside += pixel;
    EXPECT_EQ(inside, segment.area_px);
    EXPECT_FALSE(rle_of(answer, segment).empty());
  }
}

TEST(Face, AnImageThatWasWaitedForIsDone) {
  const Image image = encoded_scene();
  image.wait();
  EXPECT_GT(image.bytes(), 0);
}

TEST(Face, SettledImagesAnswerAlike) {
  const PreparedWords words = face_model().prepare(parse_words("ladybug, rock"));
  const Image settled_image = settled(encoded_scene());
  EXPECT_EQ(settled_image.bytes(), encoded_scene().bytes());
  EXPECT_EQ(face_model().ask(settled_image, words).ids,
            face_model().ask(encoded_scene(), words).ids);
  const Picture picture = settled(scene());
  const size_t bytes = static_cast<size_t>(picture.height() * picture.width() * 3);
  EXPECT_EQ(std::memcmp(picture.view().data, scene().view().data, bytes), 0);
}

TEST(Face, OptionsThatAreNotSetAreTheModels) {
  const AskOptions defaults = face_model().info().defaults;
  ASSERT_TRUE(defaults.alpha && defaults.beta && defaults.object_mask_threshold && defaults.top_k);
  const PreparedWords words = face_model().prepare(parse_words("ladybug, rock"));
  const Segmentation unset = face_model().ask(encoded_scene(), words);
  const Segmentation set = face_model().ask(encoded_scene(), words, defaults);
  EXPECT_EQ(unset.ids, set.ids);
}

TEST(Face, PixelOrdersAndStridesMakeNoDifference) {
  const PictureView rgb = scene().view();
  const int64_t stride = rgb.width * 4 + 12;
  std::vector<uint8_t> bgra(static_cast<size_t>(stride * rgb.height), 99);
  for (int64_t y = 0; y < rgb.height; ++y) {
    for (int64_t x = 0; x < rgb.width; ++x) {
      for (int c = 0; c < 3; ++c)
        bgra[static_cast<size_t>(y * stride + x * 4 + c)] =
            rgb.data[(y * rgb.width + x) * 3 + (2 - c)];
    }
  }
  const Image image =
      face_model().encode({bgra.data(), rgb.height, rgb.width, stride, PixelOrder::bgra});
  const PreparedWords words = face_model().prepare(parse_words("ladybug, rock"));
  EXPECT_EQ(face_model().ask(image, words).ids, face_model().ask(encoded_scene(), words).ids);
}

TEST(Face, SeveralPicturesAreAsOneByOne) {
  PictureView other_colours = scene().view(), wide = scene().view();
  other_colours.order = PixelOrder::bgr;
  wide.height /= 2;
  const PictureView views[] = {scene().view(), other_colours, wide, scene().view()};
  int64_t done = 0, total = 0;
  const std::vector<Image> images =
      face_model().encode(views, {.batch = 3, .progress = [&](int64_t d, int64_t t) {
                                    done = d;
                                    total = t;
                                    return true;
                                  }});
  ASSERT_EQ(images.size(), std::size(views));
  EXPECT_EQ(done, total);
  const PreparedWords words = face_model().prepare(parse_words("ladybug, rock"));
  for (size_t i = 0; i < images.size(); ++i) {
    const Segmentation together = face_model().ask(images[i], words);
    const Segmentation alone = face_model().ask(face_model().encode(views[i]), words);
    EXPECT_EQ(together.ids, alone.ids) << i;
    ASSERT_EQ(together.segments.size(), alone.segments.size()) << i;
    for (size_t k = 0; k < alone.segments.size(); ++k)
      EXPECT_NEAR(together.segments[k].score, alone.segments[k].score, 1e-5) << i;
  }
}

TEST(Face, ImpossiblePicturesAreInvalidArguments) {
  const PictureView whole = scene().view();
  EXPECT_EQ(code_of([] { face_model().encode(PictureView{}); }), ErrorCode::invalid_argument);
  EXPECT_EQ(code_of([&] {
              face_model().encode({whole.data, 0, whole.width});
            }),
            ErrorCode::invalid_argument);
  EXPECT_EQ(code_of([&] {
              face_model().encode({whole.data, 4, 4, 11});
            }),
            ErrorCode::invalid_argument);
}

TEST(Face, OptionsOutOfRangeAreInvalidArguments) {
  const PreparedWords words = face_model().prepare(parse_words("ladybug"));
  const AskOptions wrong[] = {
      {.alpha = 1.5},    {.beta = NAN},    {.overlap_threshold = -1},          {.top_k = 0},
      {.next_best = -1}, {.min_score = 2}, {.object_mask_threshold = INFINITY}};
  for (const AskOptions& options : wrong) {
    EXPECT_EQ(code_of([&] { face_model().ask(encoded_scene(), words, options); }),
              ErrorCode::invalid_argument);
  }
}

TEST(Face, ImagesAndWordsOfAnotherModelAreRefused) {
  const Model other = Model::load(test::bundled_model(), {.use_text_cache = false});
  const PreparedWords words = other.prepare(parse_words("ladybug"));
  EXPECT_EQ(code_of([&] { other.ask(encoded_scene(), words); }), ErrorCode::invalid_argument);
  EXPECT_EQ(code_of([&] { face_model().ask(encoded_scene(), words); }),
            ErrorCode::invalid_argument);
}

TEST(Face, AMissingModelIsNotFoundAndWordlessWordsAreRefused) {
  EXPECT_EQ(code_of([] { Model::load("/nonexistent/model.safetensors"); }), ErrorCode::not_found);
  EXPECT_EQ(code_of([] { Model::load(test::scene_file()); }), ErrorCode::bad_format);
  EXPECT_EQ(code_of([] { face_model().prepare(Words{}); }), ErrorCode::invalid_argument);
  EXPECT_EQ(code_of([] { face_model().prepare({"", {{}}}); }), ErrorCode::invalid_argument);
  EXPECT_EQ(code_of([] { parse_words(" , "); }), ErrorCode::invalid_argument);
  EXPECT_EQ(code_of([] { builtin_words("coocoo"); }), ErrorCode::not_found);
}

TEST(Face, AStoppedEncodingIsInterrupted) {
  EXPECT_EQ(code_of([] {
              face_model().encode(scene().view(),
                                  {.progress = [](int64_t, int64_t) { return false; }});
            }),
            ErrorCode::interrupted);
}

TEST(Face, ProgressReachesItsTotal) {
  std::vector<int64_t> steps;
  int64_t all = 0;
  face_model().encode(scene().view(), {.progress = [&](int64_t done, int64_t total) {
                        steps.push_back(done);
                        all = total;
                        return true;
                      }});
  ASSERT_GT(steps.size(), 2u);
  EXPECT_TRUE(std::is_sorted(steps.begin(), steps.end()));
  EXPECT_EQ(steps.back(), all);
}

TEST(Face, AStoppedPreparationIsInterrupted) {
  EXPECT_EQ(code_of([] {
              face_model().prepare(parse_words("one thing, another thing"),
                                   {.progress = [](int64_t, int64_t) { return false; }});
            }),
            ErrorCode::interrupted);
}

}  // namespace
}  // namespace fcclip
