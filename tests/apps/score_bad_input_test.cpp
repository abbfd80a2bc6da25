// `fcclip score` on damaged input: each time one line that names the file, and exit status 1.

#include <filesystem>

#include <gtest/gtest.h>

#include "tests/apps/command_line.h"
#include "tests/data/miniature.h"
#include "tests/io/temporary_folder.h"

namespace fcclip::apps {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::call;
using test::call_and_listen;
using test::fails_naming;
using test::kHeight;
using test::kWidth;

class ScoreBadInput : public ::testing::Test {
 protected:
  void SetUp() override {
    test::make_coco(root());
    fs::copy_file(annotations() / "panoptic_val2017.json", prediction());
    fs::copy(root() / "coco/panoptic_val2017", root() / "coco/prediction");
    const json mask = {{"size", {kHeight, kWidth}},
                       {"counts", {0, kHeight * kWidth / 2, kHeight * kWidth / 2}}};
    results_ = json::array({{{"image_id", 139},
                             {"category_id", 1},
                             {"bbox", {0, 0, 16, 24}},
                             {"score", 0.5},
                             {"segmentation", mask}}});
    panoptic_ = json::parse(io::read_file(prediction()));
    panoptic_["categories"] = json::array({{{"id", 1}, {"name", "person"}, {"isthing", 1}},
                                           {{"id", 184}, {"name", "tree"}, {"isthing", 0}}});
    test::write_json(annotations() / "panoptic_val2017.json", panoptic_);
    test::write_json(prediction(), panoptic_);
    test::write_json(results(), results_);
  }

  fs::path root() const { return folder_.path(); }
  fs::path annotations() const { return root() / "coco/annotations"; }
  fs::path prediction() const { return root() / "coco/prediction.json"; }
  fs::path results() const { return root() / "results.json"; }
  fs::path png(const std::string& stem) const {
    return root() / "coco/prediction" / (stem + ".png");
  }

  std::vector<std::string> panoptic() const {
    return {"score",      "panoptic",     annotations() / "panoptic_val2017.json",
            prediction(), "--truth-pngs", root() / "coco/panoptic_val2017"};
  }
  std::vector<std::string> instances() const {
    return {"score", "instances", annotations() / "instances_val2017.json", results()};
  }

  test::TemporaryFolder folder_;
  json panoptic_, results_;
};

TEST_F(ScoreBadInput, TheUndamagedFilesScore) {
  EXPECT_EQ(call(panoptic()), 0);
  EXPECT_EQ(call(instances()), 0);
}

TEST_F(ScoreBadInput, TruncatedJson) {
  const std::string whole = io::read_file(prediction());
  io::write_atomically(prediction(), whole.substr(0, whole.size() / 2));
  EXPECT_TRUE(fails_naming(call_and_listen(panoptic()), {prediction(), "not valid JSON"}));
  io::write_atomically(results(), io::read_file(results()).substr(0, 40));
  EXPECT_TRUE(fails_naming(call_and_listen(instances()), {results(), "not valid JSON"}));
  io::write_atomically(results(), "");
  EXPECT_TRUE(fails_naming(call_and_listen(instances()), {results()}));
}

TEST_F(ScoreBadInput, OtherJson) {
  for (const char* text : {"{}", "[]", "3", "{\"annotations\": 3}", "{\"annotations\": [3]}",
                           "{\"annotations\": [{\"image_id\": 139}]}"}) {
    io::write_atomically(prediction(), text);
    EXPECT_TRUE(fails_naming(call_and_listen(panoptic()), {prediction()})) << text;
  }
  for (const char* text : {"{}", "3", "[3]", "[{\"image_id\": 139}]"}) {
    io::write_atomically(results(), text);
    EXPECT_TRUE(fails_naming(call_and_listen(instances()), {results()})) << text;
  }
}

TEST_F(ScoreBadInput, WrongPngSize) {
  image::write_png(png("000000000139"), image::rgb_of_ids(at::full({5, 7}, 9, at::kInt)));
  EXPECT_TRUE(fails_naming(call_and_listen(panoptic()), {png("000000000139")}));
}

TEST_F(ScoreBadInput, TruncatedPng) {
  const std::string whole = io::read_file(png("000000000285"));
  io::write_atomically(png("000000000285"), whole.substr(0, whole.size() - 30));
  EXPECT_TRUE(fails_naming(call_and_listen(panoptic()), {png("000000000285"), "truncated PNG"}));
}

TEST_F(ScoreBadInput, MissingPng) {
  fs::remove(png("000000000285"));
  EXPECT_TRUE(fails_naming(call_and_listen(panoptic()), {png("000000000285")}));
  fs::remove_all(root() / "coco/prediction");
  EXPECT_TRUE(fails_naming(call_and_listen(panoptic()), {root() / "coco/prediction"}));
}

TEST_F(ScoreBadInput, UnknownIds) {
  json changed = panoptic_;
  changed["annotations"][0]["segments_info"][0]["id"] = 5;  // the map has another
  test::write_json(prediction(), changed);
  EXPECT_TRUE(fails_naming(call_and_listen(panoptic()), {png("000000000139"), "segment id"}));
  changed = panoptic_;
  changed["annotations"][0]["segments_info"][0]["category_id"] = 77;
  test::write_json(prediction(), changed);
  EXPECT_TRUE(fails_naming(call_and_listen(panoptic()), {prediction(), "category_id 77"}));
}

TEST_F(ScoreBadInput, APictureThatIsNotInTheTruth) {
  json changed = panoptic_;
  changed["annotations"].push_back(changed["annotations"][0]);
  changed["annotations"].back()["image_id"] = 4;
  test::write_json(prediction(), changed);
  EXPECT_TRUE(fails_naming(call_and_listen(panoptic()), {prediction(), "image_id 4"}));
  results_[0]["image_id"] = 4;
  test::write_json(results(), results_);
  EXPECT_TRUE(fails_naming(call_and_listen(instances()), {results(), "image_id 4"}));
}

TEST_F(ScoreBadInput, APictureWithoutPrediction) {
  json changed = panoptic_;
  changed["annotations"].erase(1);
  test::write_json(prediction(), changed);
  EXPECT_TRUE(fails_naming(call_and_listen(panoptic()), {prediction(), "image_id 285"}));
}

TEST_F(ScoreBadInput, NoPictures) {
  const json nothing = {{"images", json::array()}, {"annotations", json::array()}};
  for (const char* name : {"panoptic_val2017.json", "instances_val2017.json"}) {
    test::write_json(annotations() / name, nothing);
  }
  test::write_json(prediction(), nothing);
  test::write_json(results(), json::array());
  EXPECT_TRUE(fails_naming(call_and_listen(panoptic()), {"panoptic_val2017.json", "no pictures"}));
  EXPECT_TRUE(
      fails_naming(call_and_listen(instances()), {"instances_val2017.json", "no pictures"}));
}

TEST_F(ScoreBadInput, MasksOfAnotherSizeOrDamaged) {
  results_[0]["segmentation"]["size"] = {5, 7};
  test::write_json(results(), results_);
  EXPECT_TRUE(fails_naming(call_and_listen(instances()), {results(), "detection 0", "7x5"}));
  results_[0]["segmentation"] = {{"size", {kHeight, kWidth}}, {"counts", "~~~"}};
  test::write_json(results(), results_);
  EXPECT_TRUE(fails_naming(call_and_listen(instances()), {results(), "detection 0"}));
}

TEST_F(ScoreBadInput, LabelMaps) {
  const fs::path truth = root() / "truth", answer = root() / "answer";
  const auto score = [&] {
    return call_and_listen({"score", "semantic", truth, answer, "--class-count", "2"});
  };
  EXPECT_TRUE(fails_naming(score(), {truth}));
  const at::Tensor labels = at::zeros({4, 6}, at::kByte);
  image::write_png(truth / "a.png", labels);
  EXPECT_TRUE(fails_naming(score(), {answer}));
  image::write_png(answer / "a.png", labels);
  EXPECT_EQ(score().status, 0);
  image::write_png(answer / "a.png", labels.slice(0, 1));
  EXPECT_TRUE(fails_naming(score(), {answer / "a.png"}));
  image::write_png(answer / "a.png", at::zeros({4, 6, 3}, at::kByte));
  EXPECT_TRUE(fails_naming(score(), {answer / "a.png", "one channel"}));
  image::write_png(answer / "a.png", labels);
  image::write_png(answer / "b.png", labels);
  EXPECT_TRUE(fails_naming(score(), {answer / "b.png", "not in the truth"}));
  image::write_png(truth / "b.png", labels + 3);
  EXPECT_TRUE(fails_naming(score(), {"b.png"})) << "a label that is no class";
}

}  // namespace
}  // namespace fcclip::apps
