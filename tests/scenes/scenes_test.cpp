#include "fcclip/scenes/scenes.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "tests/io/temporary_folder.h"
#include "tests/scenes/small_world.h"
#include "tests/support/errors.h"

namespace fcclip::scenes {
namespace {

constexpr int64_t kScenes = 60;

std::shared_ptr<const World> small_world() {
  test::TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "world.safetensors";
  test::SmallWorld::make().save(path);
  return World::open(path, {3});  // the mapping outlives the file's name
}

std::map<int64_t, int64_t> areas_of(const at::Tensor& ids) {
  std::map<int64_t, int64_t> areas;
  const int32_t* id = ids.const_data_ptr<int32_t>();
  for (int64_t k = 0; k < ids.numel(); ++k) ++areas[id[k]];
  return areas;
}

SceneOptions options_of(Concepts concepts, Pictures pictures) {
  SceneOptions options;
  options.size = {96, 128};
  options.concepts = concepts;
  options.pictures = pictures;
  return options;
}

TEST(Scenes, AreAFunctionOfSeedAndIndex) {
  const auto world = small_world();
  SceneOptions options = options_of(Concepts::all, Pictures::known);
  const SceneDataset first(world, options), second(world, options);
  options.seed = 1;
  const SceneDataset other(world, options);
  second.get(7);  // the order of questions does not matter
  for (const int64_t index : {0, 1, 5, 1000000007}) {
    const data::Sample a = first.get(index), b = second.get(index), c = other.get(index);
    EXPECT_TRUE(at::equal(a.rgb, b.rgb));
    EXPECT_TRUE(at::equal(a.ids, b.ids));
    EXPECT_EQ(a.caption, b.caption);
    EXPECT_EQ(a.name, "scene_" + std::to_string(index));
    EXPECT_FALSE(at::equal(a.rgb, c.rgb));
  }
  EXPECT_FALSE(at::equal(first.get(0).rgb, first.get(1).rgb));
}

TEST(Scenes, AreTheSameFromSeveralThreads) {
  const auto world = small_world();
  const SceneOptions options = options_of(Concepts::all, Pictures::known);
  const SceneDataset shared(world, options), alone(world, options);
  std::vector<data::Sample> made(16);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int k = t; k < 16; k += 4) made[k] = shared.get(k);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int k = 0; k < 16; ++k) EXPECT_TRUE(at::equal(made[k].rgb, alone.get(k).rgb)) << k;
}

TEST(Scenes, IdsAreTheSegmentsAndEverySegmentIsVisible) {
  const auto world = small_world();
  const SceneDataset scenes(world, options_of(Concepts::all, Pictures::known));
  for (int64_t index = 0; index < kScenes; ++index) {
    const SceneDataset::Placed placed = scenes.compose(index);
    const data::Sample& sample = placed.sample;
    ASSERT_EQ(sample.rgb.sizes(), (at::IntArrayRef{96, 128, 3}));
    ASSERT_EQ(sample.ids.sizes(), (at::IntArrayRef{96, 128}));
    ASSERT_EQ(placed.pictures.size(), sample.segments.size());
    std::map<int64_t, int64_t> areas = areas_of(sample.ids);
    areas.erase(0);
    ASSERT_EQ(areas.size(), sample.segments.size());
    for (size_t k = 0; k < sample.segments.size(); ++k) {
      const data::TruthSegment& segment = sample.segments[k];
      EXPECT_EQ(segment.id, static_cast<int64_t>(k) + 1);
      EXPECT_GE(areas[segment.id], 16);
      const Concept& entry = world->concepts().at(segment.class_index);
      const bool is_its = std::any_of(entry.pictures.begin(), entry.pictures.end(),
                                      [&](const Picture& p) { return &p == placed.pictures[k]; });
      EXPECT_TRUE(is_its);
    }
  }
}

TEST(Scenes, StuffOfOneNameIsOneSegment) {
  const auto world = small_world();
  const SceneDataset scenes(world, options_of(Concepts::all, Pictures::known));
  int64_t most = 0;
  for (int64_t index = 0; index < kScenes; ++index) {
    std::multiset<int64_t> stuff;
    for (const data::TruthSegment& segment : scenes.get(index).segments) {
      if (!world->concepts()[segment.class_index].is_thing) stuff.insert(segment.class_index);
    }
    for (const int64_t name : stuff) EXPECT_EQ(stuff.count(name), 1u);
    most = std::max(most, static_cast<int64_t>(stuff.size()));
  }
  EXPECT_EQ(most, 3);  // all that the small world has
}

TEST(Scenes, SeenNeverShowTheUnseen) {
  const auto world = small_world();
  std::set<bool> found;
  for (const Concepts concepts : {Concepts::seen, Concepts::all}) {
    const SceneDataset scenes(world, options_of(concepts, Pictures::known));
    bool has_unseen = false;
    for (int64_t index = 0; index < kScenes; ++index) {
      for (const data::TruthSegment& segment : scenes.get(index).segments) {
        has_unseen |= !world->concepts()[segment.class_index].is_seen;
      }
    }
    EXPECT_EQ(has_unseen, concepts == Concepts::all);
  }
}

TEST(Scenes, HeldOutPicturesNeverMixWithKnownOnes) {
  const auto world = small_world();
  for (const Pictures pictures : {Pictures::known, Pictures::held_out}) {
    const SceneDataset scenes(world, options_of(Concepts::all, pictures));
    for (int64_t index = 0; index < kScenes; ++index) {
      for (const Picture* picture : scenes.compose(index).pictures) {
        EXPECT_EQ(picture->held_out, pictures == Pictures::held_out) << picture->id;
      }
    }
  }
}

TEST(Scenes, HaveThingsOfAllScalesAndAsManyAsAsked) {
  const auto world = small_world();
  SceneOptions options = options_of(Concepts::all, Pictures::known);
  options.size = {128, 128};
  options.min_things = options.max_things = 1;
  const SceneDataset scenes(world, options);
  double smallest = 1e9, largest = 0;
  for (int64_t index = 0; index < 200; ++index) {
    const SceneDataset::Placed placed = scenes.compose(index);
    int64_t things = 0;
    for (size_t k = 0; k < placed.pictures.size(); ++k) {
      const data::TruthSegment& segment = placed.sample.segments[k];
      if (!world->concepts()[segment.class_index].is_thing) continue;
      ++things;
      const double area = areas_of(placed.sample.ids).at(segment.id);
      smallest = std::min(smallest, std::sqrt(area));
      largest = std::max(largest, std::sqrt(area));
    }
    EXPECT_LE(things, 1);
  }
  EXPECT_LT(smallest, 128 / 8.0 * 1.3);  // a disc of 16 px, cut by the border or not
  EXPECT_GT(largest, 128 * 0.5);
}

TEST(Scenes, CaptionsNameWhatIsThere) {
  const auto world = small_world();
  const SceneDataset scenes(world, options_of(Concepts::all, Pictures::known));
  for (int64_t index = 0; index < kScenes; ++index) {
    const data::Sample sample = scenes.get(index);
    bool is_named = false;
    for (const data::TruthSegment& segment : sample.segments) {
      const std::string& name = world->concepts()[segment.class_index].name;
      is_named |= sample.caption.find(name) != std::string::npos;
    }
    EXPECT_TRUE(is_named) << sample.caption;
  }
}

TEST(Scenes, AThingIsWhereItsPixelsAre) {
  // One blue disc on textures without blue: the truth must be where the colour is.
  test::SmallWorld tables = test::SmallWorld::make(1, 4);
  for (auto& [id, pixels] : tables.tensors) {
    pixels = pixels.clone();
    const bool is_thing = id[0] == 't';
    pixels.slice(2, 0, 2).fill_(is_thing ? 0 : 200);
    pixels.select(2, 2).fill_(is_thing ? 200 : 0);
  }
  test::TemporaryFolder folder;
  tables.save(folder.path() / "world.safetensors");
  const auto world = World::open(folder.path() / "world.safetensors", {3});
  SceneOptions options = options_of(Concepts::all, Pictures::known);
  options.min_things = options.max_things = 1;
  const SceneDataset scenes(world, options);
  int64_t wrong = 0, pixels = 0;
  for (int64_t index = 0; index < kScenes; ++index) {
    const data::Sample sample = scenes.get(index);
    const uint8_t* rgb = sample.rgb.const_data_ptr<uint8_t>();
    const int32_t* id = sample.ids.const_data_ptr<int32_t>();
    for (int64_t k = 0; k < sample.ids.numel(); ++k, rgb += 3) {
      if (id[k] == 0) continue;
      const int64_t class_index = sample.segments[id[k] - 1].class_index;
      wrong += (rgb[2] > rgb[0]) != world->concepts()[class_index].is_thing;
      ++pixels;
    }
  }
  EXPECT_LT(wrong, pixels / 200);  // only half covered pixels of soft edges
}

TEST(Scenes, FreeLicencesOnly) {
  test::SmallWorld tables = test::SmallWorld::make();
  for (nlohmann::json& row : tables.pictures) {
    if (row["id"].get<std::string>().back() != '0') row["licence"] = "GPL-2";
  }
  test::TemporaryFolder folder;
  tables.save(folder.path() / "world.safetensors");
  const auto world = World::open(folder.path() / "world.safetensors", {3});
  SceneOptions options = options_of(Concepts::all, Pictures::known);
  options.only_free = true;
  const SceneDataset scenes(world, options);
  for (int64_t index = 0; index < 20; ++index) {
    for (const Picture* picture : scenes.compose(index).pictures) {
      EXPECT_EQ(picture->licence, "public-domain");
    }
  }
}

TEST(Scenes, RefuseWhatCannotBeComposed) {
  const auto world = small_world();
  const auto expect_refused = [&](const SceneOptions& options) {
    try {
      const SceneDataset scenes(world, options);
      ADD_FAILURE() << "accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    }
  };
  SceneOptions options;
  options.size = {8, 256};
  expect_refused(options);
  options = {};
  options.min_things = 5;
  options.max_things = 4;
  expect_refused(options);
}

TEST(Scenes, RefuseAWorldWithoutAllowedPictures) {
  test::SmallWorld tables = test::SmallWorld::make();
  for (nlohmann::json& row : tables.pictures) row["licence"] = "GPL-2";
  test::TemporaryFolder folder;
  tables.save(folder.path() / "world.safetensors");
  const auto world = World::open(folder.path() / "world.safetensors", {3});
  SceneOptions options;
  options.only_free = true;
  EXPECT_ERROR(invalid_argument, "the world has no picture of a thing that the options allow",
               SceneDataset(world, options));
}

}  // namespace
}  // namespace fcclip::scenes
