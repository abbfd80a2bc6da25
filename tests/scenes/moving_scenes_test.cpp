#include "fcclip/scenes/moving_scenes.h"

#include <map>
#include <set>

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fcclip/image/id_colours.h"
#include "fcclip/image/image_file.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/scenes/video_export.h"
#include "tests/io/temporary_folder.h"
#include "tests/scenes/small_world.h"
#include "tests/support/errors.h"

namespace fcclip::scenes {
namespace moving_scenes_test {

namespace fs = std::filesystem;
using nlohmann::json;

class MovingTest : public testing::Test {
 protected:
  void SetUp() override {
    test::SmallWorld::make().save(folder_.path() / "world.safetensors");
    world_ = World::open(folder_.path() / "world.safetensors", {3});
    options_.size = {64, 80};
    options_.concepts = Concepts::all;
    options_.min_things = 3;
    options_.max_things = 5;
  }
  MovingScenes scenes(const MotionOptions& motion) const { return {world_, options_, motion}; }

  test::TemporaryFolder folder_;
  std::shared_ptr<const World> world_;
  SceneOptions options_;
};

TEST_F(MovingTest, BeginAsTheSceneOfTheirNumber) {
  const SceneDataset still(world_, options_);
  const MovingScenes films = scenes({});
  for (const int64_t index : {0, 3}) {
    const data::Sample scene = still.get(index), frame = films.film(index).frame(0).sample;
    EXPECT_TRUE(at::equal(scene.rgb, frame.rgb));
    EXPECT_TRUE(at::equal(scene.ids > 0, frame.ids > 0));
    EXPECT_EQ(scene.segments.size(), frame.segments.size());
  }
}

TEST_F(MovingTest, AreAFunctionOfNumberAndFrame) {
  const MovingScenes films = scenes({});
  const MovingScene first = films.film(2), second = scenes({}).film(2);
  first.frame(9);  // the order of questions does not matter
  EXPECT_TRUE(at::equal(first.frame(5).sample.rgb, second.frame(5).sample.rgb));
  EXPECT_TRUE(at::equal(first.frame(5).sample.ids, second.frame(5).sample.ids));
  EXPECT_FALSE(at::equal(first.frame(5).sample.rgb, first.frame(0).sample.rgb));
  const MovingScene still = scenes({48, 0}).film(2);
  EXPECT_TRUE(at::equal(still.frame(30).sample.rgb, still.frame(0).sample.rgb));
}

// An id is one picture of the world for the whole film, listed where it has pixels, and something
// leaves and comes back.
TEST_F(MovingTest, IdsStayWithTheirObject) {
  const MovingScenes films = scenes({});
  int64_t returned = 0;
  for (int64_t index = 0; index < 6; ++index) {
    const MovingScene film = films.film(index);
    std::map<int64_t, std::pair<const Picture*, int64_t>> known;
    std::map<int64_t, int64_t> last_seen;
    for (int64_t t = 0; t < films.frames(); ++t) {
      const SceneDataset::Placed placed = film.frame(t);
      std::set<int64_t> listed = {0};
      for (size_t k = 0; k < placed.sample.segments.size(); ++k) {
        const data::TruthSegment& segment = placed.sample.segments[k];
        EXPECT_TRUE(listed.insert(segment.id).second);
        const std::pair is{placed.pictures[k], segment.class_index};
        EXPECT_EQ(known.try_emplace(segment.id, is).first->second.second, is.second);
        if (world_->concepts()[segment.class_index].is_thing) {
          EXPECT_EQ(known.at(segment.id), is);
          const auto seen = last_seen.find(segment.id);
          if (seen != last_seen.end() && seen->second < t - 1) ++returned;
          last_seen[segment.id] = t;
        }
      }
      const auto values = std::get<0>(at::_unique(placed.sample.ids));
      for (int64_t v = 0; v < values.size(0); ++v) {
        listed.erase(values[v].item<int64_t>());
      }
      EXPECT_TRUE(listed.empty() || listed == std::set<int64_t>{0});
    }
  }
  EXPECT_GT(returned, 3);
}

TEST_F(MovingTest, FilesAreInVipsegsForm) {
  const MovingScenes films = scenes({3});
  const fs::path out = folder_.path() / "films";
  export_videos(films, *world_, {out, 5, 2});
  const json file = json::parse(io::read_file(out / "panoptic.json"));
  ASSERT_EQ(file["videos"].size(), 2u);
  EXPECT_EQ(file["annotations"][1]["video_id"], "video_6");
  EXPECT_EQ(file["videos"][1]["images"][2]["file_name"], "000002.png");
  const SceneDataset::Placed placed = films.film(6).frame(2);
  EXPECT_TRUE(at::equal(image::read_rgb(out / "images/video_6/000002.png"), placed.sample.rgb));
  const at::Tensor ids =
      image::ids_of_rgb(image::read_png_exact(out / "panoptic/video_6/000002.png"));
  EXPECT_TRUE(at::equal(ids, placed.sample.ids));
  const json& segments = file["annotations"][1]["annotations"][2]["segments_info"];
  ASSERT_EQ(segments.size(), placed.sample.segments.size());
  for (const json& segment : segments) {
    EXPECT_EQ((ids == segment["id"].get<int64_t>()).sum().item<int64_t>(),
              segment["area"].get<int64_t>());
  }
  EXPECT_ERROR(invalid_argument, "--overwrite", export_videos(films, *world_, {out, 0, 1}));
  export_videos(films, *world_, {out, 0, 1, {}, true});
  EXPECT_FALSE(fs::exists(out / "images/video_6"));
}

TEST_F(MovingTest, WhatCannotBeIsRefused) {
  EXPECT_ERROR(invalid_argument, "a film of 0 frames", scenes({0}));
  EXPECT_ERROR(invalid_argument, "0 to 10", scenes({5, 11}));
  options_.size = {8, 8};
  EXPECT_ERROR(invalid_argument, "32 to 4096", scenes({}));
}

}  // namespace moving_scenes_test
}  // namespace fcclip::scenes
