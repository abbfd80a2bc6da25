#include "fcclip/eval/evaluation_run.h"

#include <gtest/gtest.h>

#include "fcclip/classify/builtin_vocabularies.h"
#include "fcclip/data/registry.h"
#include "fcclip/eval/evaluation_record.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/model/model.h"
#include "fcclip/model/model_file.h"
#include "fcclip/model/untrained.h"
#include "tests/data/miniature.h"
#include "tests/eval/untrained_model.h"
#include "tests/io/temporary_folder.h"
#include "tests/support/errors.h"

namespace fcclip::eval {
namespace evaluation_run_test {

namespace fs = std::filesystem;

class EvaluationRuns : public test::UntrainedOnCoco {
 protected:
  static EvaluationTarget target() {
    EvaluationTarget target = open_target("coco_panoptic", data_->path());
    choose_tasks(target, {"panoptic"});
    target.options.size = {64, 96};
    return target;
  }
  EvaluationPlan plan() const {
    EvaluationPlan plan;
    plan.output = folder_.path();
    plan.model = data_->path() / "model.safetensors";
    return plan;
  }
  fs::path file(const char* name) const { return folder_.path() / "coco_panoptic" / name; }

  test::TemporaryFolder folder_;
};

TEST_F(EvaluationRuns, LeaveScoresReportAndPredictions) {
  EvaluationTarget data = target();
  EvaluationRun run(plan(), *segmenter_, data);
  const std::optional<EvaluationScores> scores = run.work();
  ASSERT_TRUE(scores);
  EXPECT_EQ(scores->pictures, data.split->size());
  EXPECT_TRUE(scores->classifiers.at("ensemble").panoptic);
  EXPECT_FALSE(scores->classifiers.at("ensemble").masks);
  EXPECT_EQ(nlohmann::json::parse(io::read_file(file("scores.json"))), run.document());
  EXPECT_EQ(run.document().at("run").at("oracle"), "none");
  EXPECT_TRUE(fs::exists(file("report.html")));
  EXPECT_TRUE(fs::exists(file("ensemble/panoptic.json")));
}

TEST_F(EvaluationRuns, AreNotReplacedUnasked) {
  EvaluationTarget data = target();
  EvaluationPlan without_predictions = plan();
  without_predictions.predictions = false;
  EvaluationRun(without_predictions, *segmenter_, data).work();
  EXPECT_FALSE(fs::exists(file("ensemble/panoptic.json")));
  EXPECT_ERROR(invalid_argument, "holds an evaluation already; go on with --resume",
               EvaluationRun(plan(), *segmenter_, data).check_folder());
  for (bool EvaluationPlan::*const allows :
       {&EvaluationPlan::resume, &EvaluationPlan::merge, &EvaluationPlan::overwrite}) {
    EvaluationPlan asked = plan();
    asked.*allows = true;
    EXPECT_NO_THROW(EvaluationRun(asked, *segmenter_, data).check_folder());
  }
}

TEST_F(EvaluationRuns, StopAndGoOn) {
  EvaluationTarget data = target();
  EvaluationPlan first = plan();
  std::vector<std::string> labels;
  first.progress = [&](const std::string& label, const std::string& parts) -> Progress {
    labels.push_back(label + " " + parts);
    return [parts](int64_t, int64_t) { return parts != "images"; };
  };
  EvaluationRun stopped(first, *segmenter_, data);
  EXPECT_ERROR(interrupted, "; continue with --resume", stopped.work());
  EXPECT_EQ(labels, (std::vector<std::string>{"reading words words", "coco_panoptic images"}));
  EXPECT_FALSE(fs::exists(file("scores.json")));
  EvaluationPlan merged = plan();
  merged.merge = true;
  EXPECT_ERROR(bad_format, "pictures; run again with --resume",
               EvaluationRun(merged, *segmenter_, data).work());
  EvaluationPlan rest = plan();
  rest.resume = true;
  EXPECT_EQ(EvaluationRun(rest, *segmenter_, data).work()->pictures, data.split->size());
}

TEST_F(EvaluationRuns, LimitAndClassifiersAreThePlans) {
  EvaluationTarget data = target();
  EvaluationPlan few = plan();
  few.limit = 1;
  few.classifier = "all";
  const auto scores = EvaluationRun(few, *segmenter_, data).work();
  EXPECT_EQ(scores->pictures, 1);
  EXPECT_EQ(scores->classifiers.size(), 3u);
}

TEST_F(EvaluationRuns, OwnDataAreCalledAsTheirFileOrFolder) {
  const fs::path coco = data_->path() / "coco";
  EXPECT_FALSE(OwnData().has_truth());
  OwnData own;
  own.images = coco / "val2017";
  own.panoptic_json = coco / "annotations" / "panoptic_val2017.json";
  own.panoptic_pngs = coco / "panoptic_val2017";
  own.vocabulary = classify::builtin_vocabulary("coco_panoptic_133");
  ASSERT_TRUE(own.has_truth());
  EXPECT_EQ(open_target(own).name, "own");
  EXPECT_EQ(open_target(own).title, "panoptic_val2017");
  fs::copy(own.panoptic_json, folder_.path() / "panoptic.json");
  own.panoptic_json = folder_.path() / "panoptic.json";
  EXPECT_EQ(open_target(own).title, folder_.path().stem());
  own.panoptic_pngs.clear();  // then beside the JSON
  EXPECT_ERROR(not_found, (folder_.path() / "panoptic").string() + ": no such folder",
               open_target(own));
}

TEST(ChosenTasks, AreThoseNamed) {
  const test::TemporaryFolder folder;
  test::make_coco(folder.path());
  EvaluationTarget target = open_target("coco_panoptic", folder.path());
  choose_tasks(target, {"semantic", "instance"});
  EXPECT_FALSE(target.options.panoptic);
  EXPECT_TRUE(target.options.semantic && target.options.instances);
  choose_tasks(target, {});
  EXPECT_TRUE(target.options.panoptic);
  target.has_instances = false;
  choose_tasks(target, {});
  EXPECT_FALSE(target.options.instances);
}

TEST(ChosenTasks, NeedTheirTruth) {
  const test::TemporaryFolder folder;
  test::make_coco(folder.path());
  OwnData own;
  own.images = folder.path() / "coco/val2017";
  own.instances_json = folder.path() / "coco/annotations/instances_val2017.json";
  own.vocabulary = classify::builtin_vocabulary("coco_instance");
  EvaluationTarget target = open_target(own);
  choose_tasks(target, {"instance"});
  EXPECT_ERROR(invalid_argument, "own has no panoptic truth", choose_tasks(target, {"panoptic"}));
  EXPECT_ERROR(invalid_argument, "own has no label maps", choose_tasks(target, {"semantic"}));
}

TEST(RunFacts, AreTextsForPeople) {
  const std::vector<RunFact> facts =
      run_facts({{"model_name", "mini"},
                 {"input_size", {{"short_side", 64}, {"max_side", 96}}},
                 {"command", {"fcclip", "eval"}},
                 {"threads", 2},
                 {"unknown", 1}});
  std::map<std::string, std::string> texts;
  for (const RunFact& fact : facts) texts[fact.name] = fact.text;
  EXPECT_EQ(texts, (std::map<std::string, std::string>{{"model name", "mini"},
                                                       {"input size", "max_side 96, short_side 64"},
                                                       {"command", "fcclip eval"},
                                                       {"threads", "2"}}));
}

}  // namespace evaluation_run_test
}  // namespace fcclip::eval
