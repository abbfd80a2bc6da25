#include "fcclip/scenes/coco_export.h"

#include <fstream>

#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/data/dataset_split.h"
#include "fcclip/words/load_vocabulary.h"
#include "tests/io/temporary_folder.h"
#include "tests/scenes/small_world.h"
#include "tests/support/errors.h"

namespace fcclip::scenes {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class Export : public ::testing::Test {
 protected:
  void SetUp() override {
    test::SmallWorld::make().save(folder_.path() / "world.safetensors");
    world_ = World::open(folder_.path() / "world.safetensors", {3});
    SceneOptions options;
    options.size = {64, 80};
    options.concepts = Concepts::all;
    scenes_ = std::make_unique<SceneDataset>(world_, options);
  }
  fs::path out() const { return folder_.path() / "set"; }
  void write(int64_t first, int64_t count) const {
    export_coco(*scenes_, *world_, {out(), first, count, /*jpeg=*/false, {}});
  }
  static json parsed(const fs::path& path) {
    std::ifstream file(path);
    return json::parse(file);
  }

  test::TemporaryFolder folder_;
  std::shared_ptr<const World> world_;
  std::unique_ptr<SceneDataset> scenes_;
};

TEST_F(Export, IsReadBackAsTheScenesThatWereMade) {
  write(5, 6);
  data::SplitFiles files;
  files.pictures = {out() / "images"};
  files.panoptic_json = out() / "panoptic.json";
  files.panoptic_pngs = out() / "panoptic";
  const data::DatasetSplit set(files, {});
  ASSERT_EQ(set.size(), 6);
  ASSERT_EQ(set.vocabulary().classes.size(), 11u);
  for (int64_t k = 0; k < 6; ++k) {
    const data::Sample read = set.get(k);
    const data::Sample made = scenes_->get(std::stoll(read.name.substr(6)));
    EXPECT_EQ(read.name, made.name);
    EXPECT_TRUE(at::equal(read.rgb, made.rgb));
    EXPECT_TRUE(at::equal(read.ids, made.ids));
    ASSERT_EQ(read.segments.size(), made.segments.size());
    for (size_t s = 0; s < made.segments.size(); ++s) {
      EXPECT_EQ(read.segments[s].id, made.segments[s].id);
      EXPECT_EQ(read.segments[s].class_index, made.segments[s].class_index);
    }
  }
}

TEST_F(Export, SaysWhatWasSeenAndWhereSegmentsLie) {
  write(0, 3);
  const json file = parsed(out() / "panoptic.json");
  int seen = 0;
  for (const json& category : file["categories"]) seen += category["seen"].get<int>();
  EXPECT_EQ(seen, 7);
  for (size_t k = 0; k < 3; ++k) {
    const at::Tensor ids = scenes_->get(static_cast<int64_t>(k)).ids;
    for (const json& segment : file["annotations"][k]["segments_info"]) {
      const at::Tensor mask = ids == segment["id"].get<int64_t>();
      EXPECT_EQ(mask.sum().item<int64_t>(), segment["area"].get<int64_t>());
      const at::Tensor rows = mask.any(1).nonzero(), columns = mask.any(0).nonzero();
      const json box = {columns.min().item<int64_t>(), rows.min().item<int64_t>(),
                        columns.max().item<int64_t>() - columns.min().item<int64_t>() + 1,
                        rows.max().item<int64_t>() - rows.min().item<int64_t>() + 1};
      EXPECT_EQ(segment["bbox"], box);
    }
  }
}

TEST_F(Export, CaptionsAreTheScenes) {
  write(2, 2);
  const json file = parsed(out() / "captions.json");
  ASSERT_EQ(file["annotations"].size(), 2u);
  EXPECT_EQ(file["annotations"][0]["image_id"], 2);
  EXPECT_EQ(file["annotations"][1]["caption"], scenes_->get(3).caption);
  EXPECT_EQ(file["images"][1]["file_name"], "scene_3.png");
}

TEST_F(Export, WithoutScenesThereAreOnlyWords) {
  write(0, 0);
  EXPECT_FALSE(fs::exists(out() / "panoptic.json"));
  EXPECT_EQ(words::load_vocabulary(out() / "vocabulary.txt").classes.size(), 11u);
  EXPECT_EQ(words::load_vocabulary(out() / "vocabulary.seen.txt").classes.size(), 7u);
}

TEST_F(Export, StoppedInTheMiddleLeavesNoJson) {
  ExportOptions options{out(), 0, 5, /*jpeg=*/false,
                        [](int64_t done, int64_t) { return done < 2; }};
  EXPECT_ERROR(interrupted, "stopped after 2 of 5 scenes", export_coco(*scenes_, *world_, options));
  EXPECT_TRUE(fs::exists(out() / "images" / "scene_1.png"));
  EXPECT_FALSE(fs::exists(out() / "panoptic.json"));
}

}  // namespace
}  // namespace fcclip::scenes
