// kill -9 while a run trains or writes: every checkpoint can be read, and the resumed run ends with
// the weights of an uninterrupted one. FCCLIP_TEST_KILLS sets how often; 3 by default.

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <random>
#include <spawn.h>
#include <sys/wait.h>
#include <thread>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/io/atomic_file.h"
#include "tests/train/tiny_run.h"

extern char** environ;

namespace fcclip::train {
namespace kill_test {

namespace fs = std::filesystem;

constexpr const char* kFolder = "FCCLIP_TEST_RUN_FOLDER";

// Trains as the settings in the folder say; the parent kills this process.
TEST(KillChild, DISABLED_Trains) {
  const std::string folder = std::getenv(kFolder);
  at::set_num_threads(1);
  SegmentationConfig config;
  engine::Settings settings;
  bind(settings, config);
  settings.read_file(folder + "/config.toml");
  finish(config);
  config.loop.folder = folder + "/run";
  config.loop.resume = true;
  engine::Processes alone;
  SegmentationTask task(config, alone, at::kCPU);
  engine::run_loop(task, alone, config.loop);
}

class Child {
 public:
  explicit Child(const std::string& folder) {
    std::string variable = std::string(kFolder) + "=" + folder;
    std::vector<char*> environment;
    for (char** entry = environ; *entry; ++entry) environment.push_back(*entry);
    environment.push_back(variable.data());
    environment.push_back(nullptr);
    std::string program = "train_test", filter = "--gtest_filter=KillChild.DISABLED_Trains";
    std::string disabled = "--gtest_also_run_disabled_tests";
    char* arguments[] = {program.data(), filter.data(), disabled.data(), nullptr};
    EXPECT_EQ(
        posix_spawn(&process_, "/proc/self/exe", nullptr, nullptr, arguments, environment.data()),
        0);
  }
  bool has_ended() {
    if (!ended_) ended_ = waitpid(process_, &status_, WNOHANG) == process_;
    return ended_;
  }
  /// The status as waitpid() gives it.
  int wait() {
    if (!ended_) waitpid(process_, &status_, 0);
    ended_ = true;
    return status_;
  }
  void kill() { ::kill(process_, SIGKILL); }

 private:
  pid_t process_ = 0;
  int status_ = 0;
  bool ended_ = false;
};

int kills_wanted() {
  const char* text = std::getenv("FCCLIP_TEST_KILLS");
  return text ? std::atoi(text) : 3;
}

std::vector<fs::path> checkpoints(const fs::path& folder) {
  std::vector<fs::path> files;
  if (!fs::exists(folder)) return files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".safetensors") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

int64_t newest_step(const fs::path& folder) {
  const std::vector<fs::path> files = checkpoints(folder);
  return files.empty() ? 0 : std::stoll(files.back().filename().string().substr(5));
}

TEST(Kill, ARunKilledAtRandomTimesEndsLikeAnUninterruptedOne) {
  at::set_num_threads(1);
  const test::TestFolder folder;
  const int kills = kills_wanted();
  SegmentationConfig config = test::tiny_config(folder);
  config.run.ema_decay = 0.9;
  config.loop.schedule.total_steps = 6 * kills + 6;
  config.loop.checkpoint_every = 1;
  engine::Settings settings;
  bind(settings, config);
  io::write_atomically(folder / "config.toml", settings.to_toml());

  std::minstd_rand random(std::random_device{}());
  int killed = 0;
  for (; killed < kills; ++killed) {
    const int64_t target = newest_step(folder / "run") + static_cast<int64_t>(random() % 2);
    Child child(folder.path().string());
    while (newest_step(folder / "run") < target && !child.has_ended()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 20000));
    child.kill();
    const int status = child.wait();
    ASSERT_TRUE(WIFSIGNALED(status)) << "kill " << killed << " came after the end";
    for (const fs::path& file : checkpoints(folder / "run")) {
      EXPECT_NO_THROW(engine::read_state(file)) << file << " after kill " << killed;
    }
  }
  const int status = Child(folder.path().string()).wait();
  ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);

  engine::Processes alone;
  SegmentationTask whole(config, alone, at::kCPU);
  config.loop.folder = folder / "uninterrupted";
  engine::run_loop(whole, alone, config.loop);
  const engine::TrainingState want =
      engine::CheckpointFolder(folder / "uninterrupted").latest().value();
  const engine::TrainingState got = engine::CheckpointFolder(folder / "run").latest().value();
  EXPECT_EQ(got.step, want.step);
  ASSERT_EQ(got.tensors.size(), want.tensors.size());
  for (const auto& [name, tensor] : want.tensors) {
    EXPECT_TRUE(tensor.equal(got.tensors.at(name))) << name;
  }
}

TEST(CheckpointFolder, WhatAKilledProcessLeftHalfWrittenGoesWithTheNextCheckpoint) {
  const test::TestFolder folder;
  const engine::CheckpointFolder checkpoints(folder.path());
  io::write_atomically(folder / "step-000003.safetensors.123.tmp", "half");
  io::write_atomically(folder / "notes.tmp", "another's");
  EXPECT_FALSE(checkpoints.latest());
  engine::TrainingState state;
  state.step = 4;
  state.tensors["weight"] = at::ones({2});
  checkpoints.save(state);
  EXPECT_FALSE(fs::exists(folder / "step-000003.safetensors.123.tmp"));
  EXPECT_TRUE(fs::exists(folder / "notes.tmp"));
  EXPECT_EQ(checkpoints.latest()->step, 4);
}

}  // namespace kill_test
}  // namespace fcclip::train
