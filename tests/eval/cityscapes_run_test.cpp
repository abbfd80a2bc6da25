// Cityscapes evaluated with a tiny untrained model: its own metrics are in what a run leaves, and
// `score` says the same of the files that the run wrote.

#include <gtest/gtest.h>

#include "fcclip/data/prepare.h"
#include "fcclip/data/registry.h"
#include "fcclip/eval/cityscapes_answer.h"
#include "fcclip/eval/evaluation_run.h"
#include "fcclip/eval/score_cityscapes.h"
#include "fcclip/eval/score_json.h"
#include "fcclip/model/model.h"
#include "fcclip/model/model_file.h"
#include "fcclip/model/untrained.h"
#include "tests/data/miniature.h"
#include "tests/eval/untrained_model.h"
#include "tests/io/temporary_folder.h"
#include "tests/support/errors.h"

namespace fcclip::eval {
namespace cityscapes_run_test {

namespace fs = std::filesystem;
using nlohmann::json;

class CityscapesRuns : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    data_ = std::make_unique<test::TemporaryFolder>();
    for (const int number : {0, 1, 2}) make_picture(number);
    data::prepare("cityscapes", {data_->path(), {}});
    segmenter_ = test::save_untrained_model(data_->path() / "model.safetensors");
  }
  static void TearDownTestSuite() {
    segmenter_.reset();
    data_.reset();
  }

  // A car and a person on a road below static things.
  static void make_picture(int number) {
    const std::string name = "town_00000" + std::to_string(number) + "_000019";
    const fs::path city = data_->path() / "cityscapes";
    test::write_picture(city / "leftImg8bit/val/town" / (name + "_leftImg8bit.png"), number);
    at::Tensor ids = test::halves(26000, 24000 + number);
    ids.slice(0, 0, 4).fill_(4);
    ids.slice(0, 4, 8).fill_(7);
    const fs::path truth = city / "gtFine/val/town" / (name + "_gtFine_");
    image::write_png(truth.string() + "instanceIds.png", ids);
    image::write_png(truth.string() + "labelIds.png",
                     at::where(ids.ge(1000), at::div(ids, 1000, "floor"), ids).to(at::kByte));
  }

  static EvaluationTarget target() {
    EvaluationTarget target = open_target("cityscapes", data_->path());
    choose_tasks(target, {});
    target.options.size = {64, 96};
    return target;
  }
  EvaluationPlan plan() const {
    EvaluationPlan plan;
    plan.output = folder_.path();
    plan.model = data_->path() / "model.safetensors";
    return plan;
  }
  fs::path out() const { return folder_.path() / "cityscapes"; }
  static fs::path truth() { return data_->path() / "cityscapes/gtFine"; }

  test::TemporaryFolder folder_;
  inline static std::unique_ptr<test::TemporaryFolder> data_;
  inline static std::unique_ptr<segmenter::Segmenter> segmenter_;
};

TEST_F(CityscapesRuns, TheirFilesScoreAsTheRun) {
  EvaluationTarget data = target();
  EvaluationPlan all = plan();
  all.classifier = "all";
  EvaluationRun run(all, *segmenter_, data);
  ASSERT_TRUE(run.work());
  for (const char* classifier : {"ensemble", "in", "out"}) {
    const json& own = run.document().at(classifier).at("cityscapes");
    const fs::path written = out() / classifier;
    const json files = to_json(score_cityscapes(
        {truth(), written / "cityscapes_instances", written / "cityscapes_semantic"}));
    const auto same = [&](const char* task, const char* metric, const json& number) {
      EXPECT_NEAR(own[task]["All"][metric].get<double>(), 100 * number.get<double>(), 1e-10)
          << classifier << " " << metric;
    };
    same("instance", "AP", files["instance"]["AP"]);
    same("instance", "AP50", files["instance"]["AP50"]);
    same("semantic", "IoU", files["semantic"]["averageScoreClasses"]);
    same("semantic", "iIoU", files["semantic"]["averageScoreInstClasses"]);
    same("semantic", "category IoU", files["semantic"]["averageScoreCategories"]);
    same("semantic", "category iIoU", files["semantic"]["averageScoreInstCategories"]);
    EXPECT_EQ(own["instance"]["per_class"].size(), 8u);
    EXPECT_EQ(own["instance"]["per_class"][0]["truths"], 3);  // persons
  }
  const std::string page = io::read_file(out() / "report.html");
  EXPECT_NE(page.find("Instances by Cityscapes' rules"), std::string::npos);
  EXPECT_NE(page.find("IoU and iIoU by Cityscapes' rules"), std::string::npos);
}

// The other forms of what a run writes, against the truth as prepare and the download have it.
TEST_F(CityscapesRuns, TheirOtherFilesScoreAsTheRun) {
  EvaluationTarget data = target();
  EvaluationRun run(plan(), *segmenter_, data);
  ASSERT_TRUE(run.work());
  const json& all = run.document().at("ensemble");
  const fs::path written = out() / "ensemble";
  const PanopticFiles files{
      truth() / "cityscapes_panoptic_val.json", written / "panoptic.json", {}, {}};
  EXPECT_NEAR(to_json(score_panoptic(files))["All"]["pq"].get<double>() * 100,
              all["panoptic"]["All"]["pq"].get<double>(), 1e-10);
  const InstanceScore things = score_instances({files.truth_json, written / "instances.json", {}});
  EXPECT_NEAR(100 * things.masks.summary().ap, all["instances"]["masks"]["All"]["AP"].get<double>(),
              1e-10);
  EXPECT_NEAR(100 * things.boxes.summary().ap, all["instances"]["boxes"]["All"]["AP"].get<double>(),
              1e-10);
  const SemanticScore labels =
      score_semantic(data::find_dataset("cityscapes"), {truth() / "val", written / "semantic"});
  EXPECT_NEAR(100 * labels.summary().mean_iou, all["semantic"]["All"]["mIoU"].get<double>(), 1e-10);
}

TEST_F(CityscapesRuns, GoOnWithTheSameNumbers) {
  EvaluationTarget data = target();
  EvaluationPlan first = plan();
  first.progress = [](const std::string&, const std::string& parts) -> Progress {
    return [parts](int64_t done, int64_t) { return parts != "images" || done < 2; };
  };
  EXPECT_ERROR(interrupted, "continue with --resume",
               EvaluationRun(first, *segmenter_, data).work());
  EvaluationPlan rest = plan();
  rest.resume = true;
  EvaluationRun continued(rest, *segmenter_, data);
  ASSERT_TRUE(continued.work());
  EvaluationPlan anew = plan();
  anew.overwrite = true;
  EvaluationRun whole(anew, *segmenter_, data);
  ASSERT_TRUE(whole.work());
  EXPECT_EQ(continued.document().at("ensemble"), whole.document().at("ensemble"));
}

TEST_F(CityscapesRuns, TrueMasksAndNamesAreWhole) {
  const CityscapesTruthFolder folder(truth() / "val", target().split->vocabulary());
  const CityscapesTruth picture = folder.read("town_000001_000019", true);
  EXPECT_ERROR(not_found, "no town_000009", folder.read("town_000009", true));
  PictureAnswer answer;
  answer.instances = results::InstanceSegmentation{};
  answer.labels = at::full_like(picture.label_ids, -1);
  for (size_t k = 0; k < picture.label_of_class.size(); ++k) {
    answer.labels.masked_fill_(picture.label_ids.eq(picture.label_of_class[k]),
                               static_cast<int64_t>(k));
  }
  for (const int id : {26000, 24001}) {
    results::Segment segment;
    segment.class_index = id == 26000 ? 13 : 11;
    segment.rle_counts = results::from_mask(picture.instance_ids.eq(id)).counts;
    answer.instances->segments.push_back(segment);
  }
  PictureScores scores(19);
  score_cityscapes_answer(scores, picture, answer);
  PictureScores kept(19);
  add_record(kept, to_record(scores));
  EXPECT_EQ(kept.cityscapes_ap.ap(0), 1);
  EXPECT_EQ(kept.cityscapes_ap.ap(2), 1);
  EXPECT_EQ(kept.cityscapes_iou.iou(26), 1);
  EXPECT_EQ(kept.cityscapes_iou.instance_iou(24), 1);
  EXPECT_EQ(kept.cityscapes_iou.category_instance_iou("vehicle"), 1);
}

TEST(CityscapesTargets, WithoutInstanceIdsSayWhatIsLeftOut) {
  const test::TemporaryFolder folder;
  const fs::path city = folder.path() / "cityscapes", fine = city / "gtFine";
  test::write_picture(city / "leftImg8bit/val/town/town_000000_000019_leftImg8bit.png");
  test::write_json(
      fine / "cityscapes_panoptic_val.json",
      {{"images", json::array({test::image_entry("town_000000_000019", "x.png")})},
       {"annotations", json::array({test::panoptic_annotation(
                           fine / "cityscapes_panoptic_val", "town_000000_000019",
                           "town_000000_000019_gtFine_panoptic.png", {{7, 7}, {26000, 26}})})}});
  const EvaluationTarget target = open_target("cityscapes", folder.path());
  EXPECT_TRUE(target.options.cityscapes_truth.empty());
  ASSERT_EQ(target.remarks.size(), 1u);
  EXPECT_NE(target.remarks[0].find("Cityscapes' own AP, IoU and iIoU are left out"),
            std::string::npos);
}

}  // namespace cityscapes_run_test
}  // namespace fcclip::eval
