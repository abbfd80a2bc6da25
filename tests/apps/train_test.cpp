// The train command from the outside.

#include <filesystem>
#include <fstream>

#include "tests/apps/command_line.h"
#include "tests/train/tiny_run.h"

namespace fcclip::test {
namespace train_test {

struct Printed {
  int status = 0;
  std::string out, said;
};

Printed train(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "train");
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  Printed printed;
  printed.status = call(arguments);
  printed.out = ::testing::internal::GetCapturedStdout();
  printed.said = ::testing::internal::GetCapturedStderr();
  return printed;
}

void save_settings(const std::string& path, train::SegmentationConfig config) {
  engine::Settings settings;
  train::bind(settings, config);
  std::ofstream(path) << settings.to_toml();
}

TEST(TrainCommand, PrintedSettingsAreThePapersAndReadBack) {
  const TestFolder folder;
  const Printed first = train({"--print-config"});
  ASSERT_EQ(first.status, 0) << first.said;
  for (const char* line :
       {"batch = 16", "steps = 368750", "learning_rate = 0.0001", "weight_decay = 0.05",
        "clip_norm = 0.01", "crop_size = 1024", "min_scale = 0.1", "max_scale = 2.0",
        "points = 12544", "queries = 250", "void_weight = 0.1", "decoder_layers = 9"}) {
    EXPECT_NE(first.out.find(line), std::string::npos) << line << " in\n" << first.out;
  }
  std::ofstream(folder / "all.toml") << first.out;
  EXPECT_EQ(train({folder / "all.toml", "--print-config"}).out, first.out);
  EXPECT_NE(train({"--set", "run.batch=32", "--print-config"}).out.find("batch = 32"),
            std::string::npos);
}

TEST(TrainCommand, RunsStopsResumesAndLeavesAModel) {
  const TestFolder folder;
  train::SegmentationConfig config = tiny_config(folder);
  config.loop.schedule.total_steps = 4;
  save_settings(folder / "run.toml", config);
  const std::vector<std::string> base = {folder / "run.toml", "-o", folder / "run"};
  auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), base.begin(), base.end());
    return train(more);
  };
  Printed printed = with({"--stop-after", "3"});
  ASSERT_EQ(printed.status, 0) << printed.said;
  EXPECT_NE(printed.out.find("step 3 of 4; go on with --resume"), std::string::npos);
  printed = with({});
  EXPECT_EQ(printed.status, 2);
  EXPECT_NE(printed.said.find("--resume"), std::string::npos) << printed.said;
  printed = with({"--resume"});
  ASSERT_EQ(printed.status, 0) << printed.said;
  EXPECT_NE(printed.out.find("step 4 of 4\n"), std::string::npos) << printed.out;
  EXPECT_TRUE(std::filesystem::exists(folder / "run/model.safetensors"));
  EXPECT_TRUE(std::filesystem::exists(folder / "run/log.jsonl"));
  EXPECT_EQ(call_and_listen({"info", folder / "run/model.safetensors"}).status, 0);
}

TEST(TrainCommand, MistakesAreOneLineWithTheRightStatus) {
  const TestFolder folder;
  std::ofstream(folder / "typo.toml") << "[run]\nbatches = 4\n";
  Printed printed = train({folder / "typo.toml"});
  EXPECT_EQ(printed.status, 2);
  EXPECT_NE(printed.said.find("typo.toml:2: no setting is called run.batches"), std::string::npos)
      << printed.said;
  printed = train({"-o", folder / "run"});
  EXPECT_EQ(printed.status, 2);
  EXPECT_NE(printed.said.find("model.clip"), std::string::npos) << printed.said;
  printed = train({"-o", folder / "run", "--set", "model.clip=nowhere.safetensors"});
  EXPECT_EQ(printed.status, 1);
  EXPECT_NE(printed.said.find("nowhere.safetensors"), std::string::npos) << printed.said;
  printed = train({"--check", folder / "nothing"});
  EXPECT_EQ(printed.status, 1);
  EXPECT_NE(printed.said.find("nothing"), std::string::npos) << printed.said;
}

TEST(TrainCommand, CheckTellsWhatIsWrongAndFailsThen) {
  const TestFolder folder;
  SmallWorld::make().save(folder / "world.safetensors");
  ASSERT_EQ(call_and_listen({"synth", "--world", folder / "world.safetensors", "-o", folder / "set",
                             "--count", "4", "--size", "64"})
                .status,
            0);
  Printed printed = train({"--check", folder / "set"});
  EXPECT_EQ(printed.status, 0) << printed.said;
  EXPECT_NE(printed.out.find("4 pictures"), std::string::npos) << printed.out;
  EXPECT_NE(printed.out.find("no problem found"), std::string::npos);
  std::filesystem::resize_file(folder / "set/images/scene_2.png", 50);
  printed = train({"--check", folder / "set"});
  EXPECT_EQ(printed.status, 1);
  EXPECT_NE(printed.out.find("problem: "), std::string::npos) << printed.out;
  EXPECT_NE(printed.out.find("scene_2"), std::string::npos) << printed.out;
}

}  // namespace train_test
}  // namespace fcclip::test
