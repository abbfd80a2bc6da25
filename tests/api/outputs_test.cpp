#include <nlohmann/json.hpp>

#include "tests/api/face.h"

namespace fcclip {
namespace {

using test::code_of;
using test::encoded_scene;
using test::face_model;
using test::scene;

const Words& asked() {
  static const Words words = parse_words("ladybug, rock");
  return words;
}

Segmentation answer_of(Task task, const Words& words = asked()) {
  return face_model().ask(encoded_scene(), face_model().prepare(words), {.task = task});
}

TEST(FaceOutputs, EveryKindMakesFilesForSomeTask) {
  const std::vector<std::string> kinds = output_kinds();
  EXPECT_GT(kinds.size(), 10u);
  for (const std::string& kind : kinds) {
    int made = 0;
    for (const Task task : {Task::panoptic, Task::instance, Task::semantic}) {
      try {
        for (const OutputFile& file :
             render(kind, scene().view(), answer_of(task), asked(), {"scene.png", "scene"})) {
          const bool is_named = file.name.find("scene") != std::string::npos;
          EXPECT_TRUE(is_named || file.name == "data.yaml") << kind << ": " << file.name;
          EXPECT_FALSE(file.bytes.empty()) << kind;
          ++made;
        }
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::invalid_argument) << kind << ": " << error.what();
      }
    }
    EXPECT_GT(made, 0) << kind;
  }
}

TEST(FaceOutputs, JsonSaysWhatTheAnswerSays) {
  const Segmentation answer = answer_of(Task::panoptic);
  const auto files = render("segments", scene().view(), answer, asked(), {"scene.png", "scene"});
  ASSERT_EQ(files.size(), 1u);
  const auto json = nlohmann::json::parse(files.front().bytes);
  ASSERT_EQ(json.at("segments").size(), answer.segments.size());
  EXPECT_EQ(json.at("segments").at(0).at("name"), answer.segments.front().name);
  EXPECT_EQ(json.at("segments").at(0).at("area_px"), answer.segments.front().area_px);
}

TEST(FaceOutputs, WhatTheCallerTookOutOfAnAnswerIsInNoFile) {
  Segmentation answer = answer_of(Task::semantic);
  ASSERT_EQ(answer.segments.size(), 2u);
  answer.segments.erase(answer.segments.begin());
  const auto files = render("semantic", scene().view(), answer, asked(), {"scene.png", "scene"});
  const Picture labels = decode_picture(files.front().bytes, "labels.png");
  int64_t none = 0;
  for (int64_t i = 0; i < labels.height() * labels.width(); ++i)
    none += labels.view().data[3 * i] == 255;
  EXPECT_EQ(none, answer.size.height * answer.size.width - answer.segments.front().area_px);
}

TEST(FaceOutputs, OverlaysShowThePictureWithColours) {
  const Segmentation answer = answer_of(Task::panoptic);
  const Picture drawn = draw_overlay(scene().view(), answer, asked());
  EXPECT_GE(drawn.width(), scene().width());
  const Picture plain =
      draw_overlay(scene().view(), answer, asked(),
                   {.fill_opacity = 0, .labels = false, .outlines = false, .boxes = false});
  ASSERT_EQ(plain.width(), drawn.width());
  EXPECT_NE(encode_png(plain.view()), encode_png(drawn.view()));
  EXPECT_EQ(code_of([&] { draw_overlay(scene().view(), answer, asked(), {.fill_opacity = 2}); }),
            ErrorCode::invalid_argument);
}

TEST(FaceOutputs, APaletteHasTheDataSetsColours) {
  const Words words = parse_words("road, sky");
  const Segmentation answer = answer_of(Task::semantic, words);
  const auto drawn = [&](const std::string& palette) {
    return encode_png(draw_overlay(scene().view(), answer, words, {.palette = palette}).view());
  };
  EXPECT_NE(drawn("cityscapes"), drawn(""));
  EXPECT_EQ(
      render("overlay", scene().view(), answer, words, {.palette = "cityscapes"}).front().bytes,
      drawn("cityscapes"));
  EXPECT_EQ(code_of([&] { drawn("cityscape"); }), ErrorCode::invalid_argument);
}

TEST(FaceOutputs, UnknownKindsAndOtherPicturesAreRefused) {
  const Segmentation answer = answer_of(Task::panoptic);
  EXPECT_EQ(code_of([&] { render("jpeg2000", scene().view(), answer, asked(), {}); }),
            ErrorCode::invalid_argument);
  PictureView smaller = scene().view();
  --smaller.height;
  EXPECT_EQ(code_of([&] { render("segments", smaller, answer, asked(), {}); }),
            ErrorCode::shape_mismatch);
}

TEST(FacePictures, WrittenPicturesAreReadAgain) {
  const Picture back = decode_picture(encode_png(scene().view()), "memory.png");
  ASSERT_EQ(back.width(), scene().width());
  EXPECT_TRUE(std::equal(back.view().data, back.view().data + back.width() * back.height() * 3,
                         scene().view().data));
  EXPECT_EQ(code_of([] { encode_jpeg(scene().view(), 101); }), ErrorCode::invalid_argument);
}

TEST(FacePictures, LimitsAndDamageHaveTheirCodes) {
  EXPECT_EQ(code_of([] { read_picture(test::scene_file(), {.max_pixels = 100}); }),
            ErrorCode::too_large);
  EXPECT_EQ(code_of([] { read_picture(test::scene_file(), {.max_pixels = 0}); }),
            ErrorCode::invalid_argument);
  EXPECT_EQ(code_of([] { decode_picture("not a picture", "x.png"); }), ErrorCode::bad_format);
  EXPECT_EQ(code_of([] { read_picture("/nonexistent.png"); }), ErrorCode::not_found);
}

TEST(FaceWords, FilesAndJoinedVocabularies) {
  EXPECT_EQ(load_words("coco").classes.size(), 133u);
  EXPECT_GT(load_words("coco+ade20k").classes.size(), 150u);
  EXPECT_EQ(code_of([] { load_words("/nonexistent.txt"); }), ErrorCode::not_found);
}

}  // namespace
}  // namespace fcclip
