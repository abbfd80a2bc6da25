#include "fcclip/video/films.h"

#include <cstring>
#include <fstream>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/image/image_file.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/video/frame_source.h"
#include "tests/io/temporary_folder.h"
#include "tests/support/errors.h"
#include "tests/video/small_film.h"

namespace fcclip::video {
namespace {

namespace fs = std::filesystem;

std::vector<Frame> all_frames(FrameSource& source) {
  std::vector<Frame> frames;
  while (auto frame = source.next()) frames.push_back(std::move(*frame));
  return frames;
}

std::vector<int64_t> numbers_of(const std::vector<Frame>& frames) {
  std::vector<int64_t> numbers;
  for (const Frame& frame : frames) numbers.push_back(frame.number);
  return numbers;
}

double mean_error(const at::Tensor& a, const at::Tensor& b) {
  return (a.to(at::kFloat) - b.to(at::kFloat)).abs().mean().item<double>();
}

std::vector<int64_t> counted_from_zero(int64_t count) {
  std::vector<int64_t> numbers;
  for (int64_t i = 0; i < count; ++i) numbers.push_back(i);
  return numbers;
}

class Films : public testing::Test {
 protected:
  void SetUp() override { FCCLIP_NEEDS_FILMS(); }
  fs::path file(const std::string& name) const { return folder_.path() / name; }

  test::TemporaryFolder folder_;
};

TEST_F(Films, WhatIsWrittenIsReadAgain) {
  test::write_film(file("clip.mp4"), 12);
  EXPECT_FALSE(fs::exists(file(".clip.mp4.part")));
  const auto film = open_film(file("clip.mp4"), {});
  EXPECT_NEAR(film->facts().frames_per_second, 10, 1e-6);
  EXPECT_EQ(film->facts().frames, 12);
  const std::vector<Frame> frames = all_frames(*film);
  ASSERT_EQ(numbers_of(frames), counted_from_zero(12));
  for (int64_t t = 0; t < 12; ++t) {
    EXPECT_NEAR(frames[t].seconds, 0.1 * static_cast<double>(t), 1e-3);
    // Lossy; a wrong colour matrix or order of channels would be off by 8 and more.
    EXPECT_LT(mean_error(frames[t].rgb, test::film_frame(t)), 4) << t;
  }
  EXPECT_EQ(frames[7].name, "000007");
  EXPECT_EQ(film->remark(), "");
  EXPECT_FALSE(film->next());
}

TEST_F(Films, PartsAndEveryNthFrame) {
  test::write_film(file("clip.mp4"), 40);
  const auto some = open_film(file("clip.mp4"), {.every = 3});
  EXPECT_EQ(some->facts().frames, 13);
  EXPECT_EQ(numbers_of(all_frames(*some)),
            (std::vector<int64_t>{0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 39}));
  const auto part = open_film(file("clip.mp4"), {1.0, 2.0, 1});
  const std::vector<Frame> frames = all_frames(*part);
  ASSERT_EQ(frames.size(), 10u);
  EXPECT_NEAR(frames.front().seconds, 1.0, 1e-3);
  EXPECT_NEAR(frames.back().seconds, 1.9, 1e-3);
  EXPECT_LT(mean_error(frames.front().rgb, test::film_frame(10)), 4);
  EXPECT_EQ(part->remark(), "");  // what was not asked for is not missing
  EXPECT_TRUE(all_frames(*open_film(file("clip.mp4"), {9.0, {}, 1})).empty());
}

TEST_F(Films, AnOddRowAndColumnAreLeftOut) {
  FilmWriter film(file("odd.mp4"), {33, 47}, 25);
  film.write(test::film_frame(1, 33, 47));
  film.finish();
  const std::vector<Frame> frames = all_frames(*open_film(file("odd.mp4"), {}));
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].rgb.sizes(), (at::IntArrayRef{32, 46, 3}));
}

// The matrix of the track's head, as cameras that are held upright write it.
TEST_F(Films, StandUprightAsTheyWereTurned) {
  test::write_film(file("clip.mp4"), 3);
  std::string bytes = io::read_file(file("clip.mp4"));
  const size_t head = bytes.find("tkhd");
  ASSERT_NE(head, std::string::npos);
  const auto put = [&](size_t place, uint32_t value) {
    for (int i = 0; i < 4; ++i) {
      bytes[head + 44 + 4 * place + i] = static_cast<char>(value >> (24 - 8 * i));
    }
  };
  put(0, 0);
  put(1, 0x10000);
  put(3, 0xFFFF0000);
  put(4, 0);
  io::write_atomically(file("turned.mp4"), bytes);
  const std::vector<Frame> frames = all_frames(*open_film(file("turned.mp4"), {}));
  ASSERT_EQ(frames.size(), 3u);
  EXPECT_EQ(frames[0].rgb.sizes(), (at::IntArrayRef{64, 48, 3}));
  // A quarter turn clockwise: what was the first column, from below, is the first row.
  const at::Tensor expected = test::film_frame(2).flip(0).transpose(0, 1);
  EXPECT_LT(mean_error(frames[2].rgb, expected), 4);
}

TEST_F(Films, WhatIsNoFilmIsRefused) {
  io::write_atomically(file("text.mp4"), "These are words, and no film at all.\n");
  EXPECT_ERROR(bad_format, "text.mp4: not a film", open_film(file("text.mp4"), {}));
  io::write_atomically(file("empty.mp4"), "");
  EXPECT_ERROR(bad_format, "empty.mp4: not a film", open_film(file("empty.mp4"), {}));
  EXPECT_ERROR(not_found, "none.mp4: no such file", open_film(file("none.mp4"), {}));
  EXPECT_ERROR(bad_format, "a folder, not a film", open_film(folder_.path(), {}));
  EXPECT_ERROR(invalid_argument, "must be after", open_film(file("text.mp4"), {2.0, 1.0, 1}));
  EXPECT_ERROR(invalid_argument, "starts at 0", open_film(file("text.mp4"), {-1.0, {}, 1}));
}

TEST_F(Films, OneThatEndsInTheMiddleSaysSo) {
  test::write_film(file("clip.mp4"), 40);
  const std::string bytes = io::read_file(file("clip.mp4"));
  // The head comes first ("faststart"): what is cut off are frames.
  io::write_atomically(file("half.mp4"), bytes.substr(0, bytes.size() * 2 / 3));
  const auto film = open_film(file("half.mp4"), {});
  const std::vector<Frame> frames = all_frames(*film);
  EXPECT_GE(frames.size(), 1u);
  EXPECT_LT(frames.size(), 38u);
  EXPECT_NE(film->remark().find("ends in the middle"), std::string::npos) << film->remark();
  io::write_atomically(file("head.mp4"), bytes.substr(0, 60));
  EXPECT_ERROR(bad_format, "head.mp4: no", open_film(file("head.mp4"), {}));
}

TEST_F(Films, UnfinishedLeavesNothing) {
  {
    FilmWriter film(file("clip.mp4"), {48, 64}, 10);
    film.write(test::film_frame(0));
    EXPECT_ERROR(shape_mismatch, "a frame of 32x48 pixels in a film of 64x48",
                 film.write(test::film_frame(0, 48, 32)));
  }
  EXPECT_TRUE(fs::is_empty(folder_.path()));
  EXPECT_ERROR(io_failure, "clip.mp4", FilmWriter(file("none/clip.mp4"), {48, 64}, 10));
}

TEST(FramesFolder, IsAFilmOfItsPictures) {
  const test::TemporaryFolder folder;
  for (int64_t t = 0; t < 12; ++t) {
    image::write_png(folder.path() / ("frame_" + std::to_string(t) + ".png"), test::film_frame(t));
  }
  io::write_atomically(folder.path() / "notes.txt", "no picture");
  const auto film = open_frames_folder(folder.path(), {0.2, 1.0, 2}, 10, {});
  EXPECT_EQ(film->facts().frames, 4);
  EXPECT_EQ(film->facts().frames_per_second, 5);
  const std::vector<Frame> frames = all_frames(*film);
  ASSERT_EQ(numbers_of(frames), (std::vector<int64_t>{0, 2, 4, 6}));
  EXPECT_EQ(frames[3].name, "frame_8");  // in natural order, and not 10 or 11
  EXPECT_TRUE(at::equal(frames[3].rgb, test::film_frame(8)));
}

TEST(FramesFolder, WithoutPicturesOrOfTwoSizesIsRefused) {
  const test::TemporaryFolder folder;
  EXPECT_ERROR(not_found, "no pictures in it", open_frames_folder(folder.path(), {}, 25, {}));
  EXPECT_ERROR(not_found, "no such folder", open_frames_folder(folder.path() / "none", {}, 25, {}));
  image::write_png(folder.path() / "0.png", test::film_frame(0));
  image::write_png(folder.path() / "1.png", test::film_frame(0, 40, 80));
  const auto film = open_frames_folder(folder.path(), {}, 25, {});
  EXPECT_TRUE(film->next());
  EXPECT_ERROR(bad_format, "1.png has 80x40 pixels, the frames before it 64x48", film->next());
}

TEST(FilmNames, AreKnownByTheirEndings) {
  EXPECT_TRUE(is_film_name("a/clip.MP4"));
  EXPECT_TRUE(is_film_name("/dev/video0"));
  EXPECT_FALSE(is_film_name("photo.jpg"));
  EXPECT_FALSE(is_film_name("clip"));
}

}  // namespace
}  // namespace fcclip::video
