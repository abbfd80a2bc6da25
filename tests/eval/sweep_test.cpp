#include "fcclip/eval/sweep.h"

#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fcclip/eval/evaluation_run.h"
#include "fcclip/eval/sweep_report.h"
#include "fcclip/eval/sweep_scores.h"
#include "fcclip/io/atomic_file.h"
#include "tests/data/miniature.h"
#include "tests/eval/two_regions.h"
#include "tests/eval/untrained_model.h"
#include "tests/io/temporary_folder.h"
#include "tests/support/errors.h"

namespace fcclip::eval {
namespace sweep_test {

namespace fs = std::filesystem;
using nlohmann::json;

const Classifier kBase{"ensemble", {0.4, 0.8, true}, {0.1, 0.7}};

TEST(Sweeps, HaveEveryCombinationTheLastSettingFastest) {
  const Sweep sweep = make_sweep(kBase, {{Setting::overlap_threshold, {0.5, 0.6}},
                                         {Setting::beta, {0.9}},
                                         {Setting::alpha, {0.3, 0.1}}});
  ASSERT_EQ(sweep.axes.size(), 2u);
  EXPECT_EQ(sweep.axes[0].setting, Setting::alpha);  // thresholds come last
  const std::vector<std::vector<double>> points = {{0.3, 0.5}, {0.3, 0.6}, {0.1, 0.5}, {0.1, 0.6}};
  EXPECT_EQ(sweep.points, points);
  ASSERT_EQ(sweep.classifiers.size(), 4u);
  EXPECT_EQ(sweep.classifiers[1].name, "alpha 0.3, overlap threshold 0.6");
  EXPECT_EQ(sweep.classifiers[2].ensemble.alpha, 0.1);
  for (const Classifier& one : sweep.classifiers) {
    EXPECT_EQ(one.ensemble.beta, 0.9);
    EXPECT_TRUE(one.ensemble.only_valid_masks);
    EXPECT_EQ(one.panoptic.object_mask_threshold, 0.1);
  }
}

TEST(Sweeps, OfOneValueAreTheModelWithOtherSettings) {
  const Sweep sweep = make_sweep(kBase, {{Setting::object_mask_threshold, {0.25}}});
  EXPECT_TRUE(sweep.is_one());
  ASSERT_EQ(sweep.classifiers.size(), 1u);
  EXPECT_EQ(sweep.classifiers.front().name, "ensemble");
  EXPECT_EQ(sweep.classifiers.front().panoptic.object_mask_threshold, 0.25);
}

TEST(Sweeps, HaveALimitAndPlainValues) {
  std::vector<double> many(15);
  for (size_t i = 0; i < many.size(); ++i) many[i] = static_cast<double>(i) / 20;
  EXPECT_ERROR(invalid_argument, "15 of alpha × 15 of beta: more than 200 combinations",
               make_sweep(kBase, {{Setting::alpha, many}, {Setting::beta, many}}));
  EXPECT_ERROR(invalid_argument, "beta: 0.5 is there twice",
               make_sweep(kBase, {{Setting::beta, {0.5, 0.1, 0.5}}}));
  EXPECT_ERROR(invalid_argument, "from 0 to 1, got 0.5, 1.5",
               make_sweep(kBase, {{Setting::beta, {0.5, 1.5}}}));
  EXPECT_ERROR(invalid_argument, "alpha is there twice",
               make_sweep(kBase, {{Setting::alpha, {0.5}}, {Setting::alpha, {0.6}}}));
  EXPECT_ERROR(invalid_argument, "alpha: no value", make_sweep(kBase, {{Setting::alpha, {}}}));
}

// Two rows of which the second has the border in the right place.
SweepScores two_rows() {
  SweepScores sweep{{{Setting::alpha, {0.2, 0.4}}}, {}, 0};
  for (const auto& [alpha, column] : {std::pair(0.2, 20), std::pair(0.4, 16)}) {
    sweep.rows.push_back({{alpha}, two_regions::summary_of(two_regions::scores_of(column))});
  }
  sweep.best = best_row(sweep.rows);
  return sweep;
}

TEST(SweepTables, HaveAllMetricsAndNoCounts) {
  const SweepScores sweep = two_rows();
  EXPECT_EQ(sweep.best, 1u);
  const std::vector<SweepTable> tables = sweep_tables(sweep);
  ASSERT_EQ(tables.size(), 4u);  // panoptic, masks, boxes, semantic
  std::vector<std::string> names;
  for (const SweepTable::Column& one : tables.front().columns) {
    names.push_back(one.group + " " + one.metric);
    EXPECT_EQ(one.values.size(), 2u);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"All pq", "All sq", "All rq", "Seen pq", "Unseen pq",
                                             "Things pq", "Stuff pq", "class_agnostic pq"}));
  EXPECT_NEAR(*tables.front().columns.front().values[0], 77.5, 1e-9);
  const std::vector<Headline> best = headlines(sweep.rows[1].scores);
  ASSERT_EQ(best.size(), 3u);
  EXPECT_EQ(best[0].name + best[1].name + best[2].name, "PQmIoUAP");
}

TEST(SweepReports, MarkTheBestRowAndPlotEveryHeadline) {
  std::ostringstream out;
  write_sweep(out, two_rows());
  const std::string page = out.str();
  EXPECT_NE(page.find("Best PQ 100.00: <b>alpha 0.4</b>"), std::string::npos);
  EXPECT_NE(page.find("<tr class=best><td>0.4</td><td><b>100.00</b></td>"), std::string::npos);
  size_t plots = 0;
  for (size_t at = page.find("<svg"); at != std::string::npos; at = page.find("<svg", at + 1)) {
    ++plots;
  }
  EXPECT_EQ(plots, 3u);
  EXPECT_NE(page.find("<title>0.2: 77.50</title>"), std::string::npos);
}

class SweptRuns : public test::UntrainedOnCoco {
 protected:
  EvaluationPlan plan(const std::vector<SettingValues>& settings, const char* output) const {
    EvaluationPlan plan;
    plan.output = folder_.path() / output;
    plan.model = data_->path() / "model.safetensors";
    plan.settings = settings;
    return plan;
  }
  // What scores.json holds.
  static json run(const EvaluationPlan& plan, const std::vector<std::string>& tasks = {}) {
    EvaluationTarget target = open_target("coco_panoptic", data_->path());
    choose_tasks(target, tasks);
    target.options.size = {64, 96};
    EvaluationRun run(plan, *segmenter_, target);
    run.check_folder();
    run.work();
    return run.document();
  }

  const std::vector<SettingValues> grid_ = {{Setting::alpha, {0, 0.3, 0.9}},
                                            {Setting::beta, {0.2, 1}},
                                            {Setting::overlap_threshold, {0, 0.8}}};
  test::TemporaryFolder folder_;
};

TEST_F(SweptRuns, EveryRowIsARunWithItsValues) {
  const json swept = run(plan(grid_, "sweep"));
  const json& rows = swept.at("sweep").at("rows");
  ASSERT_EQ(rows.size(), 12u);
  std::set<std::string> different;
  for (size_t i = 0; i < rows.size(); ++i) {
    const json& values = rows[i].at("settings");
    const std::string output = "one" + std::to_string(i);
    json one = run(plan({{Setting::alpha, {values.at("alpha")}},
                         {Setting::beta, {values.at("beta")}},
                         {Setting::overlap_threshold, {values.at("overlap_threshold")}}},
                        output.c_str()));
    if (i == swept.at("sweep").at("best_row")) {
      EXPECT_EQ(swept.at("ensemble"), one.at("ensemble"));
      EXPECT_EQ(swept.at("run").at("classifiers"), one.at("run").at("classifiers"));
      EXPECT_EQ(swept.at("run").at("thresholds"), one.at("run").at("thresholds"));
      EXPECT_EQ(swept.at("sweep").at("best"), values);
    }
    for (const char* task : {"panoptic", "semantic"}) one["ensemble"][task].erase("per_class");
    for (const char* part : {"masks", "boxes"}) {
      one["ensemble"]["instances"][part].erase("per_class");
    }
    json row = rows[i];
    row.erase("settings");
    EXPECT_EQ(row, one.at("ensemble"));
    different.insert(row.dump());
  }
  EXPECT_GT(different.size(), 1u);
  EXPECT_FALSE(fs::exists(folder_.path() / "sweep" / "coco_panoptic" / "ensemble"));
}

TEST_F(SweptRuns, ShardsAndResumedRunsGiveTheSame) {
  const json whole = run(plan(grid_, "whole"));
  EvaluationPlan part = plan(grid_, "shards");
  part.shard = Shard{1, 2};
  EvaluationTarget target = open_target("coco_panoptic", data_->path());
  choose_tasks(target, {});
  target.options.size = {64, 96};
  EXPECT_FALSE(EvaluationRun(part, *segmenter_, target).work());
  part.shard = Shard{2, 2};
  EXPECT_EQ(run(part).at("sweep"), whole.at("sweep"));
  // Records are cut behind the first picture.
  const fs::path records = folder_.path() / "whole" / "coco_panoptic" / "records.jsonl";
  const std::string text = io::read_file(records);
  io::write_atomically(records, text.substr(0, text.find('\n', text.find('\n') + 1) + 7));
  EvaluationPlan rest = plan(grid_, "whole");
  rest.resume = true;
  EXPECT_EQ(run(rest).at("sweep"), whole.at("sweep"));
}

TEST_F(SweptRuns, OtherSettingsAreNotMixedIn) {
  run(plan({{Setting::alpha, {0.3}}}, "out"), {"panoptic"});
  const auto refused = [&](const std::vector<SettingValues>& settings, const char* says) {
    EvaluationPlan rest = plan(settings, "out");
    rest.resume = true;
    EXPECT_ERROR(invalid_argument, says, run(rest, {"panoptic"}));
  };
  refused({{Setting::alpha, {0.5}}}, "made with another alpha (0.3, not 0.5)");
  refused({{Setting::alpha, {0.3}}, {Setting::overlap_threshold, {0.33}}},
          "made with another overlap threshold");
  refused({{Setting::alpha, {0.3, 0.5}}}, "made with another sweep");
  EvaluationPlan more = plan({{Setting::alpha, {0.3}}}, "out");
  more.resume = true;
  more.top_k = 7;
  EXPECT_ERROR(invalid_argument, "made with another number of instances", run(more, {"panoptic"}));
}

TEST_F(SweptRuns, WhatMakesNoDifferenceIsRefused) {
  EvaluationPlan in = plan({{Setting::alpha, {0.3}}}, "out");
  in.classifier = "in";
  EXPECT_ERROR(invalid_argument, "alpha is of the ensemble", run(in));
  EvaluationPlan all = plan({{Setting::overlap_threshold, {0.3, 0.4}}}, "out");
  all.classifier = "all";
  EXPECT_ERROR(invalid_argument, "a sweep asks the ensemble", run(all));
  EXPECT_ERROR(invalid_argument, "overlap_threshold changes panoptic results alone",
               run(plan({{Setting::overlap_threshold, {0.3, 0.4}}}, "out"), {"semantic"}));
}

TEST_F(SweptRuns, TopKIsOfAPicture) {
  EvaluationPlan few = plan({}, "few");
  few.top_k = 1;
  EXPECT_EQ(run(few, {"instance"}).at("run").at("thresholds").at("top_k"), 1);
  for (const json& one :
       json::parse(io::read_file(folder_.path() / "few/coco_panoptic/ensemble/instances.json"))) {
    EXPECT_TRUE(one.contains("score"));
  }
}

}  // namespace sweep_test
}  // namespace fcclip::eval
