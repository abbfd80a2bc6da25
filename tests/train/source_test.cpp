// Pictures to learn from, in every form that a data set may have.

#include "fcclip/train/source.h"

#include <fstream>

#include <ATen/ATen.h>

#include "fcclip/core/error.h"
#include "fcclip/data/prepare.h"
#include "fcclip/image/image_file.h"
#include "fcclip/results/rle.h"
#include "fcclip/scenes/coco_export.h"
#include "fcclip/train/check_data.h"
#include "tests/data/miniature.h"
#include "tests/support/errors.h"
#include "tests/train/tiny_run.h"

namespace fcclip::train {
namespace {

using nlohmann::json;

// Five scenes of shapes as files: COCO panoptic; the same as instances and as label PNGs.
class FileSource : public ::testing::Test {
 protected:
  void SetUp() override {
    test::SmallWorld::make().save(folder_ / "world.safetensors");
    const auto world = scenes::World::open(folder_ / "world.safetensors", {3});
    scenes::SceneOptions options;
    options.size = {64, 64};
    const scenes::SceneDataset scenes(world, options);
    scenes::export_coco(scenes, *world, {folder_ / "set", 0, 5, false, {}});
    settings_.images = folder_ / "set/images";
    settings_.panoptic_json = folder_ / "set/panoptic.json";
    settings_.panoptic_pngs = folder_ / "set/panoptic";
    settings_.vocabulary = "";
  }
  json panoptic() const { return json::parse(std::ifstream(settings_.panoptic_json)); }
  void write(const std::string& name, const json& content) const {
    std::ofstream(folder_ / name) << content.dump();
  }

  test::TestFolder folder_;
  DataSettings settings_;
};

TEST_F(FileSource, PanopticFilesGiveTheirSegments) {
  settings_.kind = "panoptic";
  const Source source = open_source(settings_, Purpose::training, 0);
  EXPECT_EQ(source.dataset->size(), 5);
  EXPECT_EQ(source.vocabulary.classes.size(), 11u);
  const data::Sample sample = source.get(7);  // modulo the size
  EXPECT_EQ(sample.name, source.get(2).name);
  EXPECT_GE(sample.segments.size(), 2u);
}

TEST_F(FileSource, InstancesAloneAreTargetsToo) {
  json instances = {{"images", panoptic()["images"]}, {"annotations", json::array()}};
  instances["categories"] = {{{"id", 4}, {"name", "left"}}, {{"id", 9}, {"name", "right"}}};
  for (const json& image : instances["images"]) {
    // A box on the left over the whole height, a smaller one on the right.
    instances["annotations"].push_back({{"id", instances["annotations"].size() + 1},
                                        {"image_id", image["id"]},
                                        {"category_id", 4},
                                        {"iscrowd", 0},
                                        {"area", 20 * 64},
                                        {"bbox", {0, 0, 20, 64}},
                                        {"segmentation", {{0, 0, 20, 0, 20, 64, 0, 64}}}});
    instances["annotations"].push_back({{"id", instances["annotations"].size() + 1},
                                        {"image_id", image["id"]},
                                        {"category_id", 9},
                                        {"iscrowd", 0},
                                        {"area", 100},
                                        {"bbox", {40, 10, 10, 10}},
                                        {"segmentation", {{40, 10, 50, 10, 50, 20, 40, 20}}}});
  }
  write("instances.json", instances);
  settings_.kind = "instances";
  settings_.instances_json = folder_ / "instances.json";
  const Source source = open_source(settings_, Purpose::training, 0);
  const Targets targets = targets_of(source.get(1), true);
  EXPECT_TRUE(targets.labels.equal(at::tensor({0, 1}, at::kLong)));
  EXPECT_EQ(targets.masks[0].sum().item<int64_t>(), 20 * 64);
  EXPECT_EQ(targets.masks[1].sum().item<int64_t>(), 100);
}

TEST_F(FileSource, LabelMapsGiveASegmentAClass) {
  std::filesystem::create_directories(folder_ / "labels");
  at::Tensor labels = at::zeros({64, 64}, at::kByte);
  labels.narrow(0, 30, 34).fill_(2);
  labels.narrow(1, 0, 5).fill_(255);
  for (const auto& entry : std::filesystem::directory_iterator(settings_.images)) {
    image::write_png(folder_ / ("labels/" + entry.path().filename().string()), labels);
  }
  std::ofstream(folder_ / "words.txt") << "[stuff]\nsky\nroad\nearth\n";
  settings_.kind = "semantic";
  settings_.labels = folder_ / "labels";
  settings_.vocabulary = folder_ / "words.txt";
  const Source source = open_source(settings_, Purpose::training, 0);
  const Targets targets = targets_of(source.get(0), true);
  EXPECT_TRUE(targets.labels.equal(at::tensor({0, 2}, at::kLong)));
  EXPECT_EQ(targets.masks[0].sum().item<int64_t>(), 30 * 59);
  EXPECT_EQ(targets.masks[1].sum().item<int64_t>(), 34 * 59);
}

TEST_F(FileSource, TheWorldShowsOnlySeenThingsInTraining) {
  settings_.kind = "world";
  settings_.world = folder_ / "world.safetensors";
  settings_.scene_size = 64;
  const Source training = open_source(settings_, Purpose::training, 0);
  const Source judged = open_source(settings_, Purpose::evaluation, 0);
  EXPECT_EQ(training.vocabulary.classes.size(), 7u);  // four of eight things, three grounds
  EXPECT_EQ(judged.vocabulary.classes.size(), 11u);
  for (int64_t i = 0; i < 20; ++i) {
    for (const data::TruthSegment& segment : training.get(i).segments) {
      ASSERT_LT(segment.class_index, 7);
    }
  }
  EXPECT_FALSE(training.get(0).rgb.equal(judged.get(0).rgb));
}

TEST_F(FileSource, AnUnknownKindIsNamed) {
  settings_.kind = "boxes";
  try {
    open_source(settings_, Purpose::training, 0);
    FAIL() << "opened";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("boxes"), std::string::npos);
  }
}

TEST_F(FileSource, ACheckCountsWhatIsThere) {
  settings_.kind = "panoptic";
  DataReport report;
  check_data(open_source(settings_, Purpose::training, 0), report);
  EXPECT_EQ(report.pictures, 5);
  EXPECT_EQ(report.smallest_side_px, 64);
  EXPECT_TRUE(report.problems.empty());
  int64_t segments = 0;
  for (const auto& [class_index, count] : report.segments_per_class) segments += count;
  EXPECT_EQ(segments, report.segments);
  EXPECT_GE(segments, 10);
}

TEST_F(FileSource, AStoppedCheckSaysWhatItSaw) {
  settings_.kind = "panoptic";
  DataReport report;
  try {
    check_data(open_source(settings_, Purpose::training, 0), report,
               [](int64_t done, int64_t) { return done < 2; });
    FAIL() << "went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::interrupted);
  }
  EXPECT_EQ(report.pictures, 2);
}

TEST_F(FileSource, ACheckFindsEveryBadPictureAndGoesOn) {
  json content = panoptic();
  // Picture 1 is cut short, 2 has an annotation of another size, 3 lists a segment without pixels,
  // 4 has no segment.
  const auto name = [&](int i) {
    return content["annotations"][i]["file_name"].get<std::string>();
  };
  std::filesystem::resize_file(folder_ / ("set/images/" + name(1)), 60);
  image::write_png(folder_ / ("set/panoptic/" + name(2)), at::zeros({10, 64, 3}, at::kByte));
  json ghost = content["annotations"][3]["segments_info"][0];
  ghost["id"] = 77777;
  content["annotations"][3]["segments_info"].push_back(ghost);
  content["annotations"][4]["segments_info"] = json::array();
  write("set/panoptic.json", content);
  settings_.kind = "panoptic";
  DataReport report;
  check_data(open_source(settings_, Purpose::training, 0), report);
  EXPECT_EQ(report.pictures, 5);
  ASSERT_EQ(report.problems.size(), 4u);
  for (int i = 1; i <= 4; ++i) {
    const std::string stem = name(i).substr(0, name(i).find('.'));
    const bool named =
        std::any_of(report.problems.begin(), report.problems.end(),
                    [&](const std::string& line) { return line.find(stem) != std::string::npos; });
    EXPECT_TRUE(named || i == 3) << stem;
  }
  EXPECT_NE(report.problems[2].find("77777"), std::string::npos) << report.problems[2];
}

// Published data sets by name: downloads in miniature, prepared for training.
TEST(NamedSource, CocoHasTheTruthThatIsAskedFor) {
  const test::TestFolder folder;
  test::make_coco(folder.path());
  const std::filesystem::path coco = folder.path() / "coco";
  for (const std::string name :
       {"", "panoptic_", "annotations/panoptic_", "annotations/instances_"}) {
    const std::string end = name.starts_with("annotations") ? "2017.json" : "2017";
    std::filesystem::rename(coco / (name + "val" + end), coco / (name + "train" + end));
  }
  DataSettings settings;
  settings.name = "coco";
  settings.root = folder.path().string();
  const auto labels = [&](const char* kind) {
    settings.kind = kind;
    const Source source = open_source(settings, Purpose::training, 0);
    std::vector<std::string> words = {std::to_string(source.vocabulary.classes.size())};
    for (const int64_t k : source.classes_of(0)) {
      words.push_back(source.vocabulary.classes[k].synonyms.front());
    }
    const Targets targets = targets_of(source.get(0), true);
    EXPECT_EQ(targets.labels.numel(), std::ssize(words) - 1) << kind;
    return words;
  };
  const auto panoptic = labels("panoptic"), things = labels("instance"),
             semantic = labels("semantic");
  EXPECT_EQ(panoptic.front(), "133");
  EXPECT_EQ(panoptic.size(), 3u);
  EXPECT_EQ(things, (std::vector<std::string>{"80", panoptic[1]}));
  EXPECT_EQ(semantic, panoptic);
  settings.name = "lvis";
  EXPECT_ERROR(invalid_argument, "data.kind is \"semantic\", but lvis has instance truth",
               open_source(settings, Purpose::training, 0));
  settings.name = "nosuch";
  EXPECT_ERROR(invalid_argument, "no data set 'nosuch'",
               open_source(settings, Purpose::training, 0));
}

// Trained on things, judged by all that the data set has, shown by things.
TEST(NamedSource, CocoIsJudgedByItsOwnRules) {
  const test::TestFolder folder;
  test::make_coco(folder.path());
  SegmentationConfig config = test::tiny_config(folder);
  config.evaluation.name = "coco_panoptic";
  config.evaluation.root = folder.path().string();
  config.evaluation.kind = "instance";
  const auto target = open_evaluation(config.evaluation);
  ASSERT_TRUE(target);
  EXPECT_EQ(target->options.size.max_side, 1333);
  EXPECT_TRUE(target->options.panoptic && target->options.instances && target->options.semantic);
  engine::Processes alone;
  SegmentationTask task(config, alone, at::kCPU);
  const engine::Numbers scores = task.evaluate(0);
  for (const char* name : {"PQ", "PQ_th", "PQ_st", "AP", "box_AP", "mIoU", "mBIoU"}) {
    EXPECT_TRUE(scores.contains(name)) << name;
  }
  EXPECT_EQ(task.picture(0).size(2), 3);
  config.evaluation.kind = "";
  EXPECT_FALSE(open_evaluation(config.evaluation));
}

TEST(NamedSource, Ade20kIsPreparedForTraining) {
  const test::TestFolder folder;
  const std::filesystem::path ade = folder.path() / "ADEChallengeData2016";
  test::write_picture(ade / "images/training/ADE_train_00000001.jpg");
  image::write_png(ade / "annotations/training/ADE_train_00000001.png", test::halves(1, 8));
  image::write_png(
      ade / "annotations_instance/training/ADE_train_00000001.png",
      at::stack({test::halves(0, 1), test::halves(0, 4), test::halves(0, 0)}, 2).to(at::kByte));
  DataSettings settings;
  settings.name = "ade20k_150";
  settings.root = folder.path().string();
  EXPECT_ERROR(not_found, "fcclip prepare ade20k_150 --split train",
               open_source(settings, Purpose::training, 0));
  data::prepare("ade20k_150", {folder.path(), {}, data::Split::training});
  const Source scenes = open_source(settings, Purpose::training, 0);
  EXPECT_EQ(scenes.vocabulary.classes.size(), 150u);
  EXPECT_EQ(scenes.get(0).segments.size(), 2u);
  settings.kind = "instance";
  const Source things = open_source(settings, Purpose::training, 0);
  EXPECT_EQ(things.vocabulary.classes.size(), 100u);
  const data::Sample sample = things.get(0);
  ASSERT_EQ(sample.segments.size(), 1u);
  EXPECT_EQ(things.vocabulary.classes[sample.segments[0].class_index].synonyms.front(),
            scenes.vocabulary.classes[7].synonyms.front());
  settings.kind = "semantic";
  EXPECT_EQ(open_source(settings, Purpose::training, 0).get(0).segments.size(), 2u);
}

}  // namespace
}  // namespace fcclip::train
