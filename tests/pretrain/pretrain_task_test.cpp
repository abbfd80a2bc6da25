#include "fcclip/pretrain/pretrain_task.h"

#include <cstdlib>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "tests/io/temporary_folder.h"
#include "tests/pretrain/shapes.h"
#include "tests/support/errors.h"

namespace fcclip::pretrain {
namespace {

std::vector<double> losses_of(PretrainTask& task, int64_t first, int64_t last) {
  std::vector<double> losses;
  for (int64_t step = first; step < last; ++step) losses.push_back(task.step(step, 1.0).at("loss"));
  return losses;
}

double mean(const std::vector<double>& values, size_t first, size_t count) {
  double sum = 0;
  for (size_t i = first; i < first + count; ++i) sum += values[i];
  return sum / static_cast<double>(count);
}

TEST(PretrainTask, ThirtyStepsLowerTheLoss) {
  engine::Processes alone;
  PretrainTask task(test::tiny_options(), test::shape_pairs(), alone);
  const std::vector<double> losses = losses_of(task, 0, 30);
  EXPECT_LT(mean(losses, 24, 6), 0.8 * mean(losses, 0, 6));
}

TEST(PretrainTask, ResumedWeightsAreThoseOfAnUninterruptedRun) {
  engine::Processes alone;
  PretrainOptions options = test::tiny_options();
  options.loop.schedule.total_steps = 8;
  const auto weights_after = [&](const std::vector<int64_t>& pieces, const std::string& folder) {
    options.loop.folder = folder;
    std::map<std::string, at::Tensor> weights;
    for (const int64_t steps : pieces) {
      options.loop.stop_after = steps;
      options.loop.resume = true;
      PretrainTask task(options, test::shape_pairs(), alone);
      engine::run_loop(task, alone, options.loop);
      engine::TrainingState state;
      task.save(state);
      for (const auto& [name, value] : state.tensors) weights[name] = value.clone();
    }
    return weights;
  };
  const test::TemporaryFolder folder;
  const auto whole = weights_after({8}, folder.path() / "whole");
  const auto parts = weights_after({3, 1, 4}, folder.path() / "parts");
  ASSERT_EQ(whole.size(), parts.size());
  for (const auto& [name, value] : whole) EXPECT_TRUE(at::equal(parts.at(name), value)) << name;
}

TEST(PretrainTask, GoesOnFromAnExportedClip) {
  engine::Processes alone;
  PretrainOptions options = test::tiny_options();
  PretrainTask first(options, test::shape_pairs(), alone);
  const std::vector<double> before = losses_of(first, 0, 30);
  const test::TemporaryFolder folder;
  options.start = (folder.path() / "clip.safetensors").string();
  model::save(options.start, *first.plain_clip());
  PretrainTask second(options, test::shape_pairs(), alone);
  // Only the auxiliary classifier is new: the contrastive loss goes on where it was.
  const double fresh =
      PretrainTask(test::tiny_options(), test::shape_pairs(), alone).step(30, 0).at("contrastive");
  const double going_on = first.step(30, 0).at("contrastive");
  const double started = second.step(30, 0).at("contrastive");
  EXPECT_LT(std::abs(started - going_on), 0.2 * std::abs(fresh - going_on));
}

TEST(PretrainTask, LoaderThreadsChangeNothing) {
  engine::Processes alone;
  PretrainOptions options = test::tiny_options();
  options.loader_workers = 0;
  PretrainTask one(options, test::shape_pairs(), alone);
  options.loader_workers = 3;
  PretrainTask other(options, test::shape_pairs(), alone);
  EXPECT_EQ(losses_of(one, 0, 4), losses_of(other, 0, 4));
}

TEST(PretrainTask, ABatchThatDoesNotDivideIsRefused) {
  engine::Processes alone;
  PretrainOptions options = test::tiny_options();
  options.batch_size = 12;
  EXPECT_ERROR(invalid_argument, "training.batch_size 12 must be a multiple of 8: 1 processes",
               PretrainTask(options, test::shape_pairs(), alone));
}

TEST(PretrainTask, ACheckpointOfOtherCaptionsIsRefused) {
  engine::Processes alone;
  PretrainTask task(test::tiny_options(), test::shape_pairs(), alone);
  engine::TrainingState state;
  task.save(state);
  state.notes["merges"] = "#version: 0.2\na b\n";
  EXPECT_ERROR(bad_format, "the checkpoint was made with other captions: its byte-pair",
               task.load(state));
}

TEST(PretrainTask, WindowsTrainToo) {
  engine::Processes alone;
  PretrainOptions options = test::tiny_options();
  options.window_share = options.window_share_end = 1;
  options.window_sides = {64};
  options.window_side_shares = {1};
  PretrainTask task(options, test::shape_pairs(), alone);
  const std::vector<double> losses = losses_of(task, 0, 30);
  EXPECT_LT(mean(losses, 24, 6), 0.8 * mean(losses, 0, 6));
}

// Run by the test below in processes of its own.
TEST(PretrainTaskWorker, WritesItsLosses) {
  const char* output = std::getenv("FCCLIP_TEST_LOSSES");
  if (output == nullptr) GTEST_SKIP() << "only as one of several processes";
  at::set_num_threads(1);
  engine::Processes processes = engine::Processes::join(at::kCPU);
  PretrainTask task(test::tiny_options(), test::shape_pairs(), processes);
  const std::vector<double> losses = losses_of(task, 0, 5);
  std::ofstream file(std::string(output) + std::to_string(processes.rank()));
  file.precision(17);
  for (const double loss : losses) file << loss << '\n';
}

pid_t start_worker(int rank, const std::string& output, const std::string& port) {
  const pid_t child = fork();
  if (child != 0) return child;
  setenv("RANK", std::to_string(rank).c_str(), 1);
  setenv("LOCAL_RANK", std::to_string(rank).c_str(), 1);
  setenv("WORLD_SIZE", "2", 1);
  setenv("MASTER_ADDR", "127.0.0.1", 1);
  setenv("MASTER_PORT", port.c_str(), 1);
  setenv("FCCLIP_TEST_LOSSES", output.c_str(), 1);
  execl("/proc/self/exe", "pretrain_test", "--gtest_filter=PretrainTaskWorker.*", nullptr);
  _exit(127);
}

TEST(PretrainTask, TwoProcessesGiveTheLossesOfOne) {
  const test::TemporaryFolder folder;
  const std::string output = folder.path() / "losses",
                    port = std::to_string(20000 + getpid() % 20000);
  const std::vector<pid_t> workers = {start_worker(0, output, port), start_worker(1, output, port)};
  for (const pid_t worker : workers) {
    int status = 0;
    waitpid(worker, &status, 0);
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  engine::Processes alone;
  PretrainTask task(test::tiny_options(), test::shape_pairs(), alone);
  const std::vector<double> want = losses_of(task, 0, 5);
  for (const char* rank : {"0", "1"}) {
    std::ifstream file(output + rank);
    for (const double loss : want) {
      double got = 0;
      ASSERT_TRUE(file >> got);
      EXPECT_NEAR(got, loss, 2e-3 * loss);
    }
  }
}

}  // namespace
}  // namespace fcclip::pretrain
