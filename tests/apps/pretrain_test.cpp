// The pretrain command from the outside.

#include <filesystem>
#include <fstream>

#include <ATen/ATen.h>

#include "fcclip/image/image_file.h"
#include "tests/apps/command_line.h"
#include "tests/train/tiny_run.h"

namespace fcclip::test {
namespace {

// Twelve plain pictures, their list, and settings that train in a second.
void make_list(const TestFolder& folder) {
  std::ofstream list(folder / "pairs.tsv");
  const char* const colours[] = {"red", "green", "blue"};
  for (int i = 0; i < 12; ++i) {
    at::Tensor rgb = at::full({40, 40, 3}, 5 * i, at::kByte);
    rgb.select(2, i % 3).fill_(250);
    const std::string name = "picture_" + std::to_string(i) + ".png";
    image::write_png(folder / name, rgb);
    list << name << "\ta " << colours[i % 3] << " square number " << i << '\n';
  }
  std::ofstream(folder / "run.toml")
      << "[model]\ndepths = [1, 1, 1, 1]\ndims = [8, 16, 24, 32]\nembed_dim = 24\n"
         "text_layers = 1\ntext_width = 32\ntext_heads = 2\nvocabulary = 600\n"
         "[training]\nbatch_size = 4\nsteps = 6\ncheckpoint_every = 2\nlog_every = 1\n"
         "[pairs]\nsides = [32]\nside_shares = [1.0]\n";
}

Outcome pretrain(const TestFolder& folder, std::vector<std::string> more) {
  const std::vector<std::string> base = {"pretrain", folder / "run.toml", "-o", folder / "run"};
  more.insert(more.begin(), base.begin(), base.end());
  return call_and_listen(more);
}

TEST(PretrainCommand, TrainsOnAListResumesAndLeavesAClip) {
  const TestFolder folder;
  make_list(folder);
  Outcome outcome = pretrain(folder, {"--pairs", folder / "pairs.tsv", "--steps", "3"});
  ASSERT_EQ(outcome.status, 0) << outcome.said;
  EXPECT_EQ(pretrain(folder, {"--pairs", folder / "pairs.tsv"}).status, 2);  // without --resume
  outcome = pretrain(folder, {"--pairs", folder / "pairs.tsv", "--resume"});
  ASSERT_EQ(outcome.status, 0) << outcome.said;
  EXPECT_NE(outcome.said.find("step 6/6"), std::string::npos) << outcome.said;
  EXPECT_TRUE(std::filesystem::exists(folder / "run/log.jsonl"));
  EXPECT_EQ(call_and_listen({"info", folder / "run/clip.safetensors"}).status, 0);
}

TEST(PretrainCommand, MistakesAreOneLineWithTheRightStatus) {
  const TestFolder folder;
  make_list(folder);
  EXPECT_EQ(pretrain(folder, {}).status, 2);  // neither a world nor pairs
  Outcome outcome = pretrain(folder, {"--pairs", folder / "nowhere.tsv"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.said.find("nowhere.tsv"), std::string::npos) << outcome.said;
  outcome = pretrain(folder, {"--set", "pairs.sides=[33]", "--pairs", folder / "pairs.tsv"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_NE(outcome.said.find("multiples of 32"), std::string::npos) << outcome.said;
}

TEST(PretrainCommand, APictureThatIsMissingIsLeftOutAndCheckFindsIt) {
  const TestFolder folder;
  make_list(folder);
  std::filesystem::remove(folder / "picture_3.png");
  Outcome outcome = pretrain(folder, {"--pairs", folder / "pairs.tsv"});
  EXPECT_EQ(outcome.status, 0) << outcome.said;
  EXPECT_NE(outcome.said.find("picture_3.png"), std::string::npos) << outcome.said;
  EXPECT_TRUE(std::filesystem::exists(folder / "run/config.toml"));
  outcome = call_and_listen({"pretrain", "--check", folder / "pairs.tsv"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.said.find("1 of 12 pictures cannot be read"), std::string::npos)
      << outcome.said;
}

}  // namespace
}  // namespace fcclip::test
