// Several data sets in one run, each with its own words.

#include "fcclip/train/collection.h"

#include <fstream>
#include <map>
#include <set>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "fcclip/image/image_file.h"
#include "fcclip/scenes/coco_export.h"
#include "tests/support/errors.h"
#include "tests/train/tiny_run.h"

namespace fcclip::train {
namespace collection_test {

// Eight panoptic scenes of shapes, with endings of their own, and six pictures with label maps of
// three other words, of which "peat" is in one picture alone.
class TwoSets : public ::testing::Test {
 protected:
  void SetUp() override {
    config_ = test::tiny_config(folder_);
    config_.evaluation.kind = "";
    write_scenes();
    write_labels();
    config_.sets.resize(2);
    config_.sets[0].images = folder_ / "set/images";
    config_.sets[0].panoptic_json = folder_ / "set/panoptic.json";
    config_.sets[0].panoptic_pngs = folder_ / "set/panoptic";
    config_.sets[0].panoptic_suffix = "_panoptic.png";
    config_.sets[0].picture_suffix = ".png";
    config_.sets[1].kind = "semantic";
    config_.sets[1].images = folder_ / "pictures";
    config_.sets[1].labels = folder_ / "labels";
    config_.sets[1].vocabulary = folder_ / "words.txt";
  }

  void write_scenes() {
    const auto world = scenes::World::open(folder_ / "world.safetensors", {3});
    scenes::SceneOptions options;
    options.size = {64, 64};
    const scenes::SceneDataset scenes(world, options);
    scenes::export_coco(scenes, *world, {folder_ / "set", 0, 8, false, {}});
    nlohmann::json content = nlohmann::json::parse(std::ifstream(folder_ / "set/panoptic.json"));
    for (nlohmann::json& annotation : content["annotations"]) {
      const std::string name = annotation["file_name"];
      const std::string stem = name.substr(0, name.find('.'));
      std::filesystem::rename(folder_ / ("set/panoptic/" + name),
                              folder_ / ("set/panoptic/" + stem + "_panoptic.png"));
      annotation["file_name"] = stem + "_panoptic.png";
    }
    // The picture is found by the PNG's name alone, beside a file that is none of the set's.
    for (nlohmann::json& image : content["images"]) image.erase("file_name");
    std::ofstream(folder_ / "set/panoptic.json") << content.dump();
  }

  void write_labels() {
    std::filesystem::create_directories(folder_ / "labels");
    std::filesystem::create_directories(folder_ / "pictures");
    for (int i = 0; i < 6; ++i) {
      at::Tensor labels = at::zeros({64, 64}, at::kByte);
      labels.narrow(0, 20 + 5 * i, 64 - 20 - 5 * i).fill_(i == 4 ? 2 : 1);
      labels.narrow(1, 0, 4).fill_(255);
      const std::string name = "p" + std::to_string(i) + ".png";
      image::write_png(folder_ / ("labels/" + name), labels);
      // Textured: equal pixels would make the least sure points a matter of rounding.
      const at::Tensor texture =
          (at::arange(64 * 64 * 3, at::kLong) * (7919 + i)).remainder(97).view({64, 64, 3});
      image::write_png(folder_ / ("pictures/" + name),
                       (labels.remainder(3).unsqueeze(2) * 70 + texture).to(at::kByte));
    }
    std::ofstream(folder_ / "words.txt") << "[stuff]\nharbour\nroadway\npeat\n";
  }

  test::TestFolder folder_;
  SegmentationConfig config_;
};

TEST_F(TwoSets, AreDrawnByTheirNumbersOfPicturesOrByWeight) {
  const auto count = [&] {
    const Collection collection(config_);
    std::map<int64_t, std::map<std::string, int64_t>> seen;
    for (int64_t i = 0; i < 256; ++i) {
      const Drawn drawn = collection.draw(i, 0);
      ++seen[drawn.set][drawn.sample->name];
    }
    return seen;
  };
  auto seen = count();
  EXPECT_EQ(seen[0].size(), 8u);
  EXPECT_EQ(seen[1].size(), 6u);
  // Epochs of each: every picture as often as its neighbours, once more or less.
  for (const auto& [set, names] : seen) {
    std::set<int64_t> counts;
    for (const auto& [name, times] : names) counts.insert(times);
    EXPECT_LE(*counts.rbegin() - *counts.begin(), 1) << set;
  }
  config_.sets[1].weight = 1;
  config_.sets[0].weight = 3;
  seen = count();
  int64_t second = 0;
  for (const auto& [name, times] : seen[1]) second += times;
  EXPECT_NEAR(static_cast<double>(second), 64, 20);
}

TEST_F(TwoSets, HaveTheirOwnWordsAndTheModelHasSeenAll) {
  const Collection collection(config_);
  ASSERT_EQ(collection.vocabularies().size(), 2u);
  EXPECT_EQ(collection.vocabularies()[0].classes.size(), 11u);
  EXPECT_EQ(collection.vocabularies()[1].classes.size(), 3u);
  EXPECT_EQ(collection.size(), 14);
  EXPECT_EQ(collection.all_words().classes.size(), 14u);
  // The same words twice are one question.
  config_.sets.push_back(config_.sets[1]);
  const Collection three(config_);
  EXPECT_EQ(three.vocabularies().size(), 2u);
  EXPECT_EQ(three.sets()[2].words, 1);
}

TEST_F(TwoSets, ABadPictureIsReplacedByOneOfItsOwnSet) {
  std::filesystem::resize_file(folder_ / "pictures/p2.png", 40);
  const Collection collection(config_);
  int64_t bad = 0;
  for (int64_t i = 0; i < 60; ++i) {
    const Drawn drawn = collection.draw(i, 3);
    ASSERT_TRUE(drawn.sample);
    for (const engine::BadPicture& one : drawn.bad) {
      EXPECT_EQ(one.index, 8 + 2);
      EXPECT_EQ(drawn.set, 1);
      EXPECT_EQ(drawn.sample->name, "p3");
      ++bad;
    }
  }
  EXPECT_GE(bad, 2);
}

TEST_F(TwoSets, ARareClassIsShownMoreOften) {
  config_.sets[1].sampler = "repeat_factor";
  config_.sets[1].repeat_threshold = 1;
  config_.sets[1].repeat_root = false;
  config_.sets.erase(config_.sets.begin());
  const Collection collection(config_);
  std::map<std::string, int64_t> seen;
  for (int64_t i = 0; i < 1200; ++i) ++seen[collection.draw(i, 0).sample->name];
  // Peat is in one of six pictures (factor 6), the roadway in five (1.2).
  EXPECT_NEAR(static_cast<double>(seen["p4"]) / static_cast<double>(seen["p0"]), 5, 0.4);
}

TEST_F(TwoSets, SettingsThatCannotBeAreNamed) {
  config_.sets[0].kind = "world";
  config_.sets[0].world = folder_ / "world.safetensors";
  EXPECT_ERROR(invalid_argument, "data.sets.0.weight must be above 0", Collection{config_});
  config_.sets[0].weight = 1;
  config_.sets[0].sampler = "repeat_factor";
  EXPECT_ERROR(invalid_argument, "needs a data set with an end", Collection{config_});
  config_.sets[0].kind = "panoptic";
  config_.sets[0].name = "voc20";
  EXPECT_ERROR(invalid_argument, "data.kind is \"panoptic\", but voc20 has semantic truth",
               Collection{config_});
}

TEST_F(TwoSets, HaveAWeightEachOrNone) {
  finish(config_);
  config_.sets[1].weight = 2;
  EXPECT_ERROR(invalid_argument, "data.sets.1.weight must be above 0 in all sets", finish(config_));
  config_.sets[0].weight = -1;
  EXPECT_ERROR(invalid_argument, "data.sets.0.weight must be a number from 0", finish(config_));
  config_.sets[0].weight = 3;
  config_.sets[1].sampler = "often";
  EXPECT_ERROR(invalid_argument, "data.sets.1.sampler must be shuffled", finish(config_));
  config_.sets.clear();
  config_.data.sampler = "often";
  EXPECT_ERROR(invalid_argument, "data.sampler must be shuffled", finish(config_));
}

std::map<std::string, at::Tensor> weights_of(const SegmentationTask& task) {
  engine::TrainingState state;
  task.save(state);
  std::map<std::string, at::Tensor> copies;
  for (const auto& [name, tensor] : state.tensors) copies[name] = tensor.detach().clone();
  return copies;
}

class TwoSetsRun : public TwoSets, public ::testing::WithParamInterface<const char*> {};

TEST_P(TwoSetsRun, LearnsAndResumesBitForBit) {
  config_.mapper = GetParam();
  config_.augment.short_edge.sides = {48, 64, 72};
  config_.augment.short_edge.colours = true;
  config_.crop = "absolute";
  config_.augment.short_edge.crop_size = {56, 56};
  config_.augment.short_edge.crop_max_share = 0.75;
  config_.data.few_words_share = 0.5;
  config_.data.keep_empty = false;
  config_.optimizer.learning_rate = 2e-3;
  config_.optimizer.clip_norm = 1;
  config_.run.scale_learning_rate = false;
  config_.loop.schedule.total_steps = 24;
  finish(config_);
  engine::Processes alone;
  SegmentationTask whole(config_, alone, at::kCPU);
  const auto [first, last] = test::train_for(whole, 24);
  EXPECT_LT(last, 0.85 * first);
  EXPECT_EQ(whole.model().config.training_vocabulary.classes.size(), 14u);

  config_.loop.folder = folder_ / "run";
  config_.loop.resume = true;
  config_.loop.stop_after = 9;
  config_.data.workers = 0;
  for (int piece = 0; piece < 3; ++piece) {
    SegmentationTask part(config_, alone, at::kCPU);
    engine::run_loop(part, alone, config_.loop);
    if (piece < 2) continue;
    const auto want = weights_of(whole), got = weights_of(part);
    ASSERT_EQ(want.size(), got.size());
    for (const auto& [name, tensor] : want) EXPECT_TRUE(tensor.equal(got.at(name))) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Mappers, TwoSetsRun, ::testing::Values("lsj", "short_edge"));

TEST_F(TwoSets, ABatchIsAskedWithTheWordsOfEachPicture) {
  engine::Processes alone;
  SegmentationTask both(config_, alone, at::kCPU);
  config_.run.accumulate = 2;
  SegmentationTask in_parts(config_, alone, at::kCPU);
  const engine::Numbers want = both.step(0, 1), got = in_parts.step(0, 1);
  for (const char* name : {"loss", "loss_class", "loss_mask", "loss_dice", "gradient_norm"}) {
    EXPECT_NEAR(got.at(name), want.at(name), 1e-5 * want.at(name)) << name;
  }
}

TEST_F(TwoSets, EvaluationHasAllMetricsOfEval) {
  config_.evaluation = config_.sets[0];
  config_.run.evaluate_pictures = 0;
  engine::Processes alone;
  SegmentationTask panoptic(config_, alone, at::kCPU);
  panoptic.step(0, 1);
  const engine::Numbers scores = panoptic.evaluate(1);
  for (const char* name : {"PQ", "SQ", "RQ", "PQ_masks", "AP", "AP50", "box_AP", "mIoU", "pACC"}) {
    ASSERT_TRUE(scores.contains(name)) << name;
    EXPECT_GE(scores.at(name), 0);
    EXPECT_LE(scores.at(name), 100);
  }
  config_.evaluation = config_.sets[1];
  SegmentationTask semantic(config_, alone, at::kCPU);
  const engine::Numbers labels = semantic.evaluate(0);
  EXPECT_TRUE(labels.contains("mIoU"));
  EXPECT_FALSE(labels.contains("PQ"));
  EXPECT_FALSE(labels.contains("AP"));
}

TEST_F(TwoSets, SgdLearnsToo) {
  config_.optimizer_kind = "sgd";
  config_.optimizer.learning_rate = 0.02;
  config_.optimizer.clip_norm = 1;
  config_.run.scale_learning_rate = false;
  finish(config_);
  engine::Processes alone;
  SegmentationTask task(config_, alone, at::kCPU);
  const auto [first, last] = test::train_for(task, 24);
  EXPECT_LT(last, 0.9 * first);
  config_.optimizer.muon = true;
  EXPECT_ERROR(invalid_argument, "optimizer.muon", finish(config_));
}

}  // namespace collection_test
}  // namespace fcclip::train
