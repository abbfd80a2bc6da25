#include "fcclip/engine/loop.h"

#include <fstream>
#include <limits>
#include <set>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/io/atomic_file.h"
#include "tests/support/errors.h"
#include "tests/train/tiny_run.h"

namespace fcclip::train {
namespace loop_test {

// Adds the step's number to its one weight.
class Counter final : public engine::Task {
 public:
  at::Tensor weight = at::zeros({1}, at::kDouble);
  int64_t breaks_at = -1;
  std::vector<int64_t> evaluated;

  engine::Numbers step(int64_t step, double factor) override {
    const engine::Numbers numbers = {
        {"loss", step == breaks_at ? std::numeric_limits<double>::quiet_NaN() : 1.0 / (step + 1)}};
    engine::check_finite(numbers);
    weight += static_cast<double>(step);
    return numbers;
  }
  void save(engine::TrainingState& state) const override { state.tensors["weight"] = weight; }
  void load(const engine::TrainingState& state) override {
    weight = state.tensors.at("weight").clone();
  }
  engine::Numbers evaluate(int64_t step) override {
    evaluated.push_back(step);
    return {{"score", static_cast<double>(step)}};
  }
};

engine::LoopOptions options_in(const test::TestFolder& folder) {
  engine::LoopOptions options;
  options.folder = folder / "run";
  options.schedule.total_steps = 10;
  options.checkpoint_every = 4;
  options.log_every = 1;
  options.evaluate_every = 5;
  return options;
}

std::vector<int64_t> logged_steps(const test::TestFolder& folder) {
  std::vector<int64_t> steps;
  std::ifstream lines(folder / "run/log.jsonl");
  for (std::string line; std::getline(lines, line);) {
    const nlohmann::json json = nlohmann::json::parse(line);
    if (json.contains("loss")) steps.push_back(json["step"]);
  }
  return steps;
}

TEST(Loop, RunsToTheEndKeepsTwoCheckpointsAndEvaluates) {
  const test::TestFolder folder;
  Counter task;
  engine::Processes alone;
  const engine::LoopResult result = engine::run_loop(task, alone, options_in(folder));
  EXPECT_TRUE(result.finished);
  EXPECT_EQ(task.weight.item<double>(), 45);
  EXPECT_EQ(task.evaluated, (std::vector<int64_t>{5, 10}));
  EXPECT_FALSE(std::filesystem::exists(folder / "run/step-000004.safetensors"));
  EXPECT_TRUE(std::filesystem::exists(folder / "run/step-000008.safetensors"));
  EXPECT_TRUE(std::filesystem::exists(folder / "run/step-000010.safetensors"));
}

TEST(Loop, ARunThatDiedGoesOnFromItsCheckpointAndItsLogHasNoDoubles) {
  const test::TestFolder folder;
  engine::LoopOptions options = options_in(folder);
  engine::Processes alone;
  {
    // Dies in step 6 (counted from 0), two steps after the checkpoint.
    Counter task;
    task.breaks_at = 6;
    EXPECT_ERROR(diverged, "step 6: loss is not finite (nan)",
                 engine::run_loop(task, alone, options));
  }
  options.resume = true;
  Counter task;
  EXPECT_TRUE(engine::run_loop(task, alone, options).finished);
  EXPECT_EQ(task.weight.item<double>(), 45);
  EXPECT_EQ(logged_steps(folder), (std::vector<int64_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
}

TEST(Loop, ANumberThatIsNotFiniteNamesStepAndTermAndKeepsTheWeights) {
  const test::TestFolder folder;
  Counter task;
  task.breaks_at = 3;
  engine::Processes alone;
  try {
    engine::run_loop(task, alone, options_in(folder));
    FAIL() << "went on";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("step 3: loss is not finite"), std::string::npos)
        << error.what();
  }
  EXPECT_EQ(task.weight.item<double>(), 0 + 1 + 2);
}

// Fails in the same way as a picture that cannot be read.
class Failing final : public engine::Task {
 public:
  int64_t fails_at = 5;
  bool whole = true;

  engine::Numbers step(int64_t step, double) override {
    if (step == fails_at) fail(ErrorCode::bad_format, "a.png: no picture");
    return {{"loss", 1.0}};
  }
  void save(engine::TrainingState& state) const override {
    state.tensors["weight"] = at::zeros({1});
  }
  void load(const engine::TrainingState&) override {}
  bool is_whole() const override { return whole; }
};

TEST(Loop, AnErrorLeavesACheckpointOfTheStepsDoneAndTheMessageSaysSo) {
  for (const bool whole : {true, false}) {
    const test::TestFolder folder;
    Failing task;
    task.whole = whole;
    engine::Processes alone;
    const int64_t kept = whole ? 5 : 4;  // a state that is half a step on is not worth keeping
    try {
      engine::run_loop(task, alone, options_in(folder));
      FAIL() << "went on";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::bad_format);
      EXPECT_NE(std::string(error.what()).find("checkpoint of step " + std::to_string(kept)),
                std::string::npos)
          << error.what();
    }
    EXPECT_EQ(engine::CheckpointFolder(folder / "run").latest()->step, kept);
  }
}

TEST(Loop, ARunThatDivergesKeepsTheCheckpointBefore) {
  const test::TestFolder folder;
  Counter task;
  task.breaks_at = 6;
  engine::Processes alone;
  try {
    engine::run_loop(task, alone, options_in(folder));
    FAIL() << "went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::diverged);
  }
  EXPECT_EQ(engine::CheckpointFolder(folder / "run").latest()->step, 4);
}

TEST(Loop, ARunThatGotNowhereMayBeginAgain) {
  const test::TestFolder folder;
  Failing broken;
  broken.fails_at = 0;
  engine::Processes alone;
  EXPECT_ERROR(bad_format, "a.png: no picture",
               engine::run_loop(broken, alone, options_in(folder)));
  EXPECT_EQ(engine::CheckpointFolder(folder / "run").latest()->step, 0);
  Failing sound;
  sound.fails_at = -1;
  EXPECT_TRUE(engine::run_loop(sound, alone, options_in(folder)).finished);
}

TEST(Loop, ShowsEveryStepLineAndEvaluation) {
  const test::TestFolder folder;
  engine::LoopOptions options = options_in(folder);
  options.log_every = 4;
  options.settings = "[a]\nb = 1\n";
  Counter task;
  engine::Processes alone;
  std::map<engine::Moment, std::vector<int64_t>> shown;
  engine::run_loop(task, alone, options, {},
                   [&](const engine::StepReport& now) { shown[now.moment].push_back(now.step); });
  EXPECT_EQ(shown[engine::Moment::step], (std::vector<int64_t>{1, 2, 3, 5, 6, 7, 9}));
  EXPECT_EQ(shown[engine::Moment::line], (std::vector<int64_t>{4, 8, 10}));
  EXPECT_EQ(shown[engine::Moment::evaluation], (std::vector<int64_t>{5, 10}));
  EXPECT_EQ(io::read_file(folder / "run/config.toml"), options.settings);
}

TEST(Loop, StopsWhenAskedWithACheckpointOfThatStep) {
  const test::TestFolder folder;
  Counter task;
  engine::Processes alone;
  const engine::LoopResult result = engine::run_loop(
      task, alone, options_in(folder), [](int64_t done, int64_t) { return done < 3; });
  EXPECT_FALSE(result.finished);
  EXPECT_EQ(result.steps_done, 3);
  EXPECT_TRUE(result.interrupted);
  EXPECT_EQ(engine::CheckpointFolder(folder / "run").latest()->step, 3);
}

TEST(Loop, AFolderWithCheckpointsIsNotOverwritten) {
  const test::TestFolder folder;
  Counter task;
  engine::Processes alone;
  engine::run_loop(task, alone, options_in(folder));
  try {
    engine::run_loop(task, alone, options_in(folder));
    FAIL() << "began anew";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_NE(std::string(error.what()).find("--resume"), std::string::npos);
  }
}

TEST(CheckpointFolder, ATruncatedCheckpointIsAnErrorThatNamesIt) {
  const test::TestFolder folder;
  const engine::CheckpointFolder checkpoints(folder.path());
  engine::TrainingState state;
  state.step = 7;
  state.tensors["weight"] = at::ones({100});
  checkpoints.save(state);
  std::filesystem::resize_file(folder / "step-000007.safetensors", 200);
  try {
    checkpoints.latest();
    FAIL() << "read";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_format);
    EXPECT_NE(std::string(error.what()).find("step-000007.safetensors"), std::string::npos);
  }
}

TEST(CheckpointFolder, KeepsTheNewestAndEveryNth) {
  const test::TestFolder folder;
  const engine::CheckpointFolder checkpoints(folder.path(), {1, 20});
  engine::TrainingState state;
  state.tensors["weight"] = at::ones({2});
  for (state.step = 0; state.step <= 50; state.step += 10) checkpoints.save(state);
  std::set<std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    left.insert(entry.path().filename().string());
  }
  EXPECT_EQ(left, (std::set<std::string>{"step-000020.safetensors", "step-000040.safetensors",
                                         "step-000050.safetensors"}));
}

TEST(CheckpointFolder, OtherFilesAreNoCheckpoints) {
  const test::TestFolder folder;
  const engine::CheckpointFolder checkpoints(folder.path());
  io::write_atomically(folder / "step-000009.safetensors.tmp", "half");
  io::write_atomically(folder / "model.safetensors", "x");
  EXPECT_FALSE(checkpoints.latest().has_value());
}

}  // namespace loop_test
}  // namespace fcclip::train
