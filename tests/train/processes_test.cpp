// Several processes: this program starts itself with torchrun's environment variables.

#include <cstdlib>
#include <fstream>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/core/error.h"
#include "fcclip/engine/bad_pictures.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/scenes/coco_export.h"
#include "tests/support/errors.h"
#include "tests/train/tiny_run.h"

extern char** environ;

namespace fcclip::train {
namespace processes_test {

constexpr const char* kPort = "29537";

// What a child does is told by environment variables; alone these tests are not run.
std::string folder_of_child() {
  const char* folder = std::getenv("FCCLIP_TEST_FOLDER");
  return folder ? folder : "";
}

train::SegmentationConfig child_config(const std::string& folder) {
  // The parent has made the files.
  train::SegmentationConfig config;
  engine::Settings settings;
  train::bind(settings, config);
  settings.read_file(folder + "/config.toml");
  train::finish(config);
  return config;
}

TEST(ProcessesChild, DISABLED_Collectives) {
  engine::Processes processes = engine::Processes::join(at::kCPU);
  EXPECT_EQ(processes.size(), 2);
  EXPECT_EQ(processes.sum(1.0 + processes.rank()), 3);
  EXPECT_TRUE(processes.any(processes.rank() == 1));
  EXPECT_FALSE(processes.any(false));
  const std::vector<at::Tensor> all = processes.gather(at::full({2}, processes.rank()));
  EXPECT_EQ(all[0].sum().item<int64_t>(), 0);
  EXPECT_EQ(all[1].sum().item<int64_t>(), 2);
  at::Tensor sent = at::full({3}, 5 + processes.rank());
  processes.broadcast(sent);
  EXPECT_EQ(sent[0].item<int64_t>(), 5);
}

// Six weights of 1.7 MB, of which c10d makes several buckets (the first takes 1 MiB): of each step a
// part that stays local, and one whose gradients are exchanged with it. The second step has the
// buckets in the order in which gradients came.
void expect_mean_gradients(engine::Processes& processes) {
  const auto rank = static_cast<double>(processes.rank());
  std::vector<at::Tensor> weights;
  for (int i = 0; i < 6; ++i) weights.push_back(at::ones({600, 700}).requires_grad_());
  processes.watch(weights);
  const auto loss = [&](double factor, double step) {
    at::Tensor sum = at::zeros({});
    for (size_t i = 0; i < weights.size(); ++i) {
      sum = sum + weights[i].sum() * (factor + step * static_cast<double>(i));
    }
    return sum;
  };
  for (int step = 0; step < 3; ++step) {
    for (at::Tensor& weight : weights) weight.mutable_grad().reset();
    loss(rank + 1, 0).backward();
    const at::Tensor last = loss(rank, 1);
    processes.prepare_backward(last);
    last.backward();
    for (size_t i = 0; i < weights.size(); ++i) {
      // The mean over ranks of rank + 1 and rank + i.
      const at::Tensor want = at::full({600, 700}, static_cast<double>(i) + processes.size());
      EXPECT_TRUE(weights[i].grad().allclose(want.to(at::kFloat), 1e-6)) << step << " " << i;
    }
  }
}

TEST(ProcessesChild, DISABLED_ReducesInBuckets) {
  engine::Processes processes = engine::Processes::join(at::kCPU);
  expect_mean_gradients(processes);
}

TEST(ProcessesChild, DISABLED_Trains) {
  at::set_num_threads(1);
  engine::Processes processes = engine::Processes::join(at::kCPU);
  train::SegmentationConfig config = child_config(folder_of_child());
  train::SegmentationTask task(config, processes, at::kCPU);
  std::string losses;
  for (int64_t step = 0; step < 4; ++step) {
    losses += std::to_string(task.step(step, 1).at("loss")) + "\n";
  }
  if (processes.is_first()) io::write_atomically(folder_of_child() + "/losses.txt", losses);
}

TEST(ProcessesChild, DISABLED_TellsItsSteps) {
  at::set_num_threads(1);
  engine::Processes processes = engine::Processes::join(at::kCPU);
  train::SegmentationTask task(child_config(folder_of_child()), processes, at::kCPU);
  std::string text;
  for (int64_t step = 0; step < 2; ++step) {
    const engine::Numbers numbers = task.step(step, 1);
    text += std::to_string(numbers.at("loss")) + " " + std::to_string(numbers.at("gradient_norm")) +
            "\n";
  }
  io::write_atomically(folder_of_child() + "/steps" + std::to_string(processes.rank()) + ".txt",
                       text);
}

// "PQ 12.5" a line.
std::string text_of(const engine::Numbers& numbers) {
  std::string text;
  for (const auto& [name, value] : numbers) text += name + " " + std::to_string(value) + "\n";
  return text;
}

TEST(ProcessesChild, DISABLED_Evaluates) {
  at::set_num_threads(1);
  engine::Processes processes = engine::Processes::join(at::kCPU);
  train::SegmentationTask task(child_config(folder_of_child()), processes, at::kCPU);
  const double loss = task.step(0, 1).at("loss");
  engine::Numbers scores = task.evaluate(1);
  scores["loss"] = loss;
  io::write_atomically(folder_of_child() + "/scores" + std::to_string(processes.rank()) + ".txt",
                       text_of(scores));
}

TEST(ProcessesChild, DISABLED_SharesBadPictures) {
  const engine::Processes processes = engine::Processes::join(at::kCPU);
  std::vector<std::string> told;
  engine::BadPictures bad(10, 0.05, "data.bad_share",
                          [&](LogLevel, const std::string& line) { told.push_back(line); });
  const bool is_first = processes.is_first();
  bad.share({}, processes);
  bad.share(is_first ? std::vector<engine::BadPicture>{{3, "3.png: cut off"}}
                     : std::vector<engine::BadPicture>{{4, "4.png: gone"}, {5, "a longer reason"}},
            processes);
  const std::vector<std::string> want = {"picture left out: 3.png: cut off",
                                         "picture left out: 4.png: gone",
                                         "picture left out: a longer reason"};
  EXPECT_EQ(told, is_first ? want : std::vector<std::string>{});
  // One that both know is none more; one that one of them finds ends the run of both.
  bad.share({{4, "4.png: gone"}}, processes);
  EXPECT_ERROR(bad_format, "4 of 10 pictures cannot be used, more than data.bad_share allows",
               bad.share(is_first ? std::vector<engine::BadPicture>{}
                                  : std::vector<engine::BadPicture>{{8, "8.png: cut off"}},
                         processes));
}

TEST(ProcessesChild, DISABLED_LosesItsPartner) {
  engine::Processes processes = engine::Processes::join(at::kCPU);
  if (processes.rank() == 1) _exit(9);
  try {
    for (int i = 0; i < 100; ++i) processes.sum(1.0);
    FAIL() << "did not notice";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::io_failure);
    EXPECT_NE(std::string(error.what()).find("--resume"), std::string::npos) << error.what();
  }
}

// What a launcher calls rank, local rank and number of processes.
struct Launcher {
  std::string rank = "RANK", local_rank = "LOCAL_RANK", size = "WORLD_SIZE";
};

// Starts child `name` as so many processes; their exit statuses.
std::vector<int> run_children(int count, const std::string& name, const std::string& folder = "",
                              const Launcher& launcher = {}) {
  std::vector<pid_t> children;
  for (int child_rank = 0; child_rank < count; ++child_rank) {
    const std::string rank = std::to_string(child_rank);
    std::vector<std::string> variables = {launcher.rank + "=" + rank,
                                          launcher.local_rank + "=" + rank,
                                          launcher.size + "=" + std::to_string(count),
                                          "MASTER_ADDR=127.0.0.1",
                                          std::string("MASTER_PORT=") + kPort,
                                          "FCCLIP_TEST_FOLDER=" + folder};
    std::vector<char*> environment;
    for (char** entry = environ; *entry; ++entry) environment.push_back(*entry);
    for (std::string& entry : variables) environment.push_back(entry.data());
    environment.push_back(nullptr);
    std::string filter = "--gtest_filter=ProcessesChild.DISABLED_" + name;
    std::string program = "train_test", disabled = "--gtest_also_run_disabled_tests";
    char* arguments[] = {program.data(), filter.data(), disabled.data(), nullptr};
    pid_t child = 0;
    EXPECT_EQ(
        posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, arguments, environment.data()), 0);
    children.push_back(child);
  }
  std::vector<int> statuses;
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    statuses.push_back(WIFEXITED(status) ? WEXITSTATUS(status) : -1);
  }
  return statuses;
}

std::vector<int> run_two(const std::string& name, const std::string& folder = "",
                         const Launcher& launcher = {}) {
  return run_children(2, name, folder, launcher);
}

TEST(Processes, SumGatherBroadcast) {
  EXPECT_EQ(run_two("Collectives"), (std::vector<int>{0, 0}));
}

TEST(Processes, GradientsAreTheMeanInSeveralBuckets) {
  engine::Processes alone;
  expect_mean_gradients(alone);
  EXPECT_EQ(run_children(2, "ReducesInBuckets"), (std::vector<int>{0, 0}));
  EXPECT_EQ(run_children(3, "ReducesInBuckets"), (std::vector<int>{0, 0, 0}));
}

TEST(Processes, BadPicturesAreKnownToAll) {
  EXPECT_EQ(run_two("SharesBadPictures"), (std::vector<int>{0, 0}));
}

TEST(Processes, SlurmAndOpenMpiAreUnderstood) {
  const Launcher srun{"SLURM_PROCID", "SLURM_LOCALID", "SLURM_STEP_NUM_TASKS"};
  EXPECT_EQ(run_two("Collectives", "", srun), (std::vector<int>{0, 0}));
  const Launcher mpirun{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_LOCAL_RANK",
                        "OMPI_COMM_WORLD_SIZE"};
  EXPECT_EQ(run_two("Collectives", "", mpirun), (std::vector<int>{0, 0}));
}

class TwoProcesses : public ::testing::TestWithParam<bool> {};

TEST_P(TwoProcesses, WithHalfTheBatchEachGiveTheLossesOfOne) {
  const test::TestFolder folder;
  train::SegmentationConfig config = test::tiny_config(folder);
  config.optimizer.muon = GetParam();
  config.data.few_words_share = GetParam() ? 0.7 : 0;
  engine::Settings settings;
  train::bind(settings, config);
  io::write_atomically(folder / "config.toml", settings.to_toml());
  engine::Processes alone;
  train::SegmentationTask task(config, alone, at::kCPU);
  std::vector<double> want;
  for (int64_t step = 0; step < 4; ++step) want.push_back(task.step(step, 1).at("loss"));

  ASSERT_EQ(run_two("Trains", folder.path().string()), (std::vector<int>{0, 0}));
  std::ifstream file(folder / "losses.txt");
  for (size_t step = 0; step < want.size(); ++step) {
    double got = 0;
    ASSERT_TRUE(file >> got);
    // Adam turns rounding of tiny gradients into steps of full length: later steps differ more.
    EXPECT_NEAR(got, want[step], (step == 0 ? 1e-5 : 1e-3) * want[step]) << "step " << step;
  }
}

INSTANTIATE_TEST_SUITE_P(AdamAndMuon, TwoProcesses, ::testing::Bool());

// Losses and gradient norms of the first two steps. Gradients are exchanged behind the last part of
// each process; parts computed again, and a trained trunk, give every weight's gradient once.
TEST(ThreeProcesses, InPartsAndWithCheckpointedActivationsGiveTheStepsOfOne) {
  const test::TestFolder folder;
  train::SegmentationConfig config = test::tiny_config(folder);
  config.run.batch = 6;
  config.run.accumulate = 2;
  config.model.freeze_clip = false;
  engine::Processes alone;
  train::SegmentationTask task(config, alone, at::kCPU);
  std::vector<engine::Numbers> want;
  for (int64_t step = 0; step < 2; ++step) want.push_back(task.step(step, 1));

  config.model.checkpoint_activations = true;
  engine::Settings settings;
  train::bind(settings, config);
  io::write_atomically(folder / "config.toml", settings.to_toml());
  ASSERT_EQ(run_children(3, "TellsItsSteps", folder.path().string()), (std::vector<int>{0, 0, 0}));
  for (const char* name : {"steps0.txt", "steps1.txt", "steps2.txt"}) {
    std::ifstream file(folder / name);
    for (size_t step = 0; step < want.size(); ++step) {
      double loss = 0, norm = 0;
      ASSERT_TRUE(file >> loss >> norm) << name;
      const double within = step == 0 ? 1e-5 : 1e-2;
      EXPECT_NEAR(loss, want[step].at("loss"), within * want[step].at("loss")) << step;
      EXPECT_NEAR(norm, want[step].at("gradient_norm"), within * want[step].at("gradient_norm"))
          << step;
    }
  }
}

TEST(Processes, ADeadPartnerIsAClearError) {
  EXPECT_EQ(run_two("LosesItsPartner"), (std::vector<int>{0, 9}));
}

TEST(Processes, AMissingVariableIsNamed) {
  setenv("WORLD_SIZE", "2", 1);
  try {
    engine::Processes::join(at::kCPU);
    ADD_FAILURE() << "joined";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_NE(std::string(error.what()).find("RANK"), std::string::npos);
  }
  unsetenv("WORLD_SIZE");
}

TEST(Processes, AloneNothingHappens) {
  const engine::Processes alone;
  EXPECT_TRUE(alone.is_first());
  EXPECT_EQ(alone.sum(2.5), 2.5);
  EXPECT_TRUE(alone.any(true));
  EXPECT_EQ(alone.gather(at::ones({2})).size(), 1u);
}

// Two data sets with different words; all metrics of `eval`, known to both processes. The weights
// stand still, so that the scores are those of one process to the last digit.
TEST(TwoProcessesEvaluate, GiveTheScoresOfOne) {
  const test::TestFolder folder;
  train::SegmentationConfig config = test::tiny_config(folder);
  const auto world = scenes::World::open(folder / "world.safetensors", {3});
  scenes::SceneOptions options;
  options.size = {64, 64};
  const scenes::SceneDataset scenes(world, options);
  scenes::export_coco(scenes, *world, {folder / "set", 0, 5, false, {}});
  config.sets.resize(2);
  config.sets[0].images = folder / "set/images";
  config.sets[0].panoptic_json = folder / "set/panoptic.json";
  config.sets[0].panoptic_pngs = folder / "set/panoptic";
  config.sets[0].weight = 1;
  config.sets[1].kind = "world";
  config.sets[1].world = folder / "world.safetensors";
  config.sets[1].scene_size = 64;
  config.sets[1].weight = 1;
  config.evaluation = config.sets[0];
  config.run.evaluate_pictures = 0;
  config.optimizer.learning_rate = 0;
  engine::Settings settings;
  train::bind(settings, config);
  io::write_atomically(folder / "config.toml", settings.to_toml());
  at::set_num_threads(1);
  engine::Processes alone;
  train::SegmentationTask task(config, alone, at::kCPU);
  const double loss = task.step(0, 1).at("loss");
  const engine::Numbers want = task.evaluate(1);
  ASSERT_TRUE(want.contains("PQ") && want.contains("AP") && want.contains("mIoU"));

  ASSERT_EQ(run_two("Evaluates", folder.path().string()), (std::vector<int>{0, 0}));
  for (const char* name : {"scores0.txt", "scores1.txt"}) {
    std::ifstream file(folder / name);
    std::string metric;
    double got = 0;
    size_t count = 0;
    for (; file >> metric >> got; ++count) {
      const double wanted = metric == "loss" ? loss : want.at(metric);
      EXPECT_NEAR(got, wanted, metric == "loss" ? 1e-5 * loss : 1e-6) << metric;
    }
    EXPECT_EQ(count, want.size() + 1);
  }
}

}  // namespace processes_test
}  // namespace fcclip::train
