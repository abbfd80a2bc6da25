// The eval command from the outside, on a miniature of COCO and a tiny untrained model.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <gtest/gtest.h>

#include "fcclip/image/id_colours.h"
#include "fcclip/image/label_file.h"
#include "fcclip/model/model_file.h"
#include "fcclip/model/untrained.h"
#include "tests/apps/command_line.h"
#include "tests/data/miniature.h"
#include "tests/io/temporary_folder.h"

namespace fcclip::apps {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class EvalCommand : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<test::TemporaryFolder>();
    test::make_coco(root());
    model::Config config = model::tiny_config();
    config.clip.text.vocab_size = 514;
    model::Model model(config);
    model.clip->tokenizer = std::make_unique<clip::Tokenizer>("#version: 0.2\n", 514);
    model::fill_untrained(model, 3);
    model::save(root() / "tiny.safetensors", model);
  }
  static void TearDownTestSuite() { folder_.reset(); }
  static fs::path root() { return folder_->path(); }
  static fs::path out(const std::string& name) { return root() / name / "coco_panoptic"; }

  static std::vector<std::string> arguments(const std::string& name,
                                            const std::vector<std::string>& more) {
    std::vector<std::string> all = {"eval",         "coco",      "--root",
                                    root(),         "--model",   root() / "tiny.safetensors",
                                    "--no-cache",   "--threads", "1",
                                    "--short-side", "64",        "--max-side",
                                    "96",           "--output",  root() / name};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  static int eval(const std::string& name, const std::vector<std::string>& more) {
    return test::call(arguments(name, more));
  }
  static json scores(const std::string& name) {
    json all = json::parse(io::read_file(out(name) / "scores.json"));
    all.erase("run");  // date and command differ
    return all;
  }

  inline static std::unique_ptr<test::TemporaryFolder> folder_;
};

TEST_F(EvalCommand, OneRunGivesAllClassifiersAndFiles) {
  ASSERT_EQ(eval("all", {"--classifier", "all"}), 0);
  const json all = scores("all");
  EXPECT_EQ(all["images"], 2);
  for (const char* classifier : {"ensemble", "in", "out"}) {
    const json& one = all[classifier];
    EXPECT_TRUE(one["panoptic"]["All"]["pq"].is_number());
    EXPECT_TRUE(one["instances"]["masks"]["All"]["AP"].is_number());
    EXPECT_TRUE(one["semantic"]["All"]["mIoU"].is_number());
    const fs::path folder = out("all") / classifier;
    EXPECT_TRUE(fs::exists(folder / "panoptic/000000000139.png"));
    EXPECT_TRUE(fs::exists(folder / "semantic/000000000285.png"));
    const json panoptic = json::parse(io::read_file(folder / "panoptic.json"));
    EXPECT_EQ(panoptic["annotations"].size(), 2u);
    EXPECT_EQ(panoptic["annotations"][0]["image_id"], 139);
    EXPECT_TRUE(json::parse(io::read_file(folder / "instances.json")).is_array());
  }
  EXPECT_NE(io::read_file(out("all") / "report.html").find("data:image/jpeg;base64,/9j/"),
            std::string::npos);
}

TEST_F(EvalCommand, AnInterruptedRunContinuesToTheSameNumbers) {
  ASSERT_EQ(eval("whole", {"--no-predictions"}), 0);
  ASSERT_EQ(eval("torn", {"--no-predictions"}), 0);
  const fs::path records = out("torn") / "records.jsonl";
  fs::resize_file(records, fs::file_size(records) - 10);  // stopped within the last line
  ASSERT_EQ(eval("torn", {"--no-predictions", "--resume"}), 0);
  EXPECT_EQ(scores("torn"), scores("whole"));
  EXPECT_EQ(io::read_file(records), io::read_file(out("whole") / "records.jsonl"));
}

TEST_F(EvalCommand, TwoShardsGiveTheNumbersOfOneRun) {
  ASSERT_EQ(eval("single", {"--no-predictions"}), 0);
  for (const char* rank : {"0", "1"}) {
    setenv("RANK", rank, 1);
    setenv("WORLD_SIZE", "2", 1);
    EXPECT_EQ(eval("sharded", {"--no-predictions"}), 0);
  }
  unsetenv("RANK");
  unsetenv("WORLD_SIZE");
  EXPECT_EQ(scores("sharded"), scores("single"));
  fs::remove(out("sharded") / "scores.json");
  ASSERT_EQ(eval("sharded", {"--no-predictions", "--merge"}), 0);
  EXPECT_EQ(scores("sharded"), scores("single"));
}

TEST_F(EvalCommand, ShardsMayBeNamed) {
  ASSERT_EQ(eval("undivided", {"--no-predictions"}), 0);
  ASSERT_EQ(eval("named", {"--no-predictions", "--shard", "2/2"}), 0);
  EXPECT_FALSE(fs::exists(out("named") / "scores.json"));
  setenv("RANK", "1", 1);  // what is asked for comes before what the launcher says
  setenv("WORLD_SIZE", "2", 1);
  EXPECT_EQ(eval("named", {"--no-predictions", "--shard", "1/2"}), 0);
  unsetenv("RANK");
  unsetenv("WORLD_SIZE");
  EXPECT_EQ(scores("named"), scores("undivided"));
  EXPECT_EQ(eval("named", {"--no-predictions", "--shard", "0/2"}), 2);
}

// srun starts N processes: they share the pictures instead of doing all of them N times.
TEST_F(EvalCommand, ProcessesOfSlurmShareThePictures) {
  ASSERT_EQ(eval("one", {"--no-predictions"}), 0);
  for (const char* rank : {"1", "0"}) {
    setenv("SLURM_PROCID", rank, 1);
    setenv("SLURM_STEP_NUM_TASKS", "2", 1);
    EXPECT_EQ(eval("slurm", {"--no-predictions"}), 0);
    EXPECT_EQ(fs::exists(out("slurm") / "scores.json"), *rank == '0');
  }
  unsetenv("SLURM_PROCID");
  unsetenv("SLURM_STEP_NUM_TASKS");
  for (const char* name : {"records.0.jsonl", "records.1.jsonl"}) {
    const std::string lines = io::read_file(out("slurm") / name);
    EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 2) << name;  // the header, a picture
  }
  EXPECT_EQ(scores("slurm"), scores("one"));
}

TEST_F(EvalCommand, TrueMasksHavePerfectMaskQuality) {
  ASSERT_EQ(eval("masks", {"--no-predictions", "--oracle", "masks"}), 0);
  const json masks = scores("masks");
  EXPECT_EQ(masks["ensemble"]["panoptic"]["class_agnostic"]["pq"], 100);
  ASSERT_EQ(eval("names", {"--no-predictions", "--oracle", "names"}), 0);
  const json names = scores("names");
  EXPECT_TRUE(names["ensemble"]["panoptic"]["All"]["pq"].is_number());
}

bool holds_temporaries(const fs::path& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".tmp") return true;
  }
  return false;
}

TEST_F(EvalCommand, ADiskThatFillsIsNamedAndLeavesNothingHalfWritten) {
  for (const rlim_t bytes : {rlim_t{40}, rlim_t{150}, rlim_t{2000}}) {
    const std::string name = "full" + std::to_string(bytes);
    const test::Outcome outcome = test::call_with_full_disk(arguments(name, {}), bytes);
    EXPECT_TRUE(test::fails_naming(outcome, {name, "File too large"})) << bytes;
    EXPECT_FALSE(fs::exists(out(name) / "scores.json")) << bytes;
    EXPECT_FALSE(fs::exists(out(name) / "report.html")) << bytes;
    EXPECT_FALSE(holds_temporaries(root() / name)) << bytes;
  }
  // And the run goes on when there is room again.
  EXPECT_EQ(eval("full2000", {"--resume"}), 0);
  EXPECT_TRUE(fs::exists(out("full2000") / "scores.json"));
}

TEST_F(EvalCommand, AFileInTheWayOfTheOutputIsNamed) {
  std::ofstream(root() / "in-the-way") << "no folder";
  EXPECT_TRUE(
      test::fails_naming(test::call_and_listen(arguments("in-the-way", {})), {"in-the-way"}));
}

TEST_F(EvalCommand, DamagedTruthIsNamed) {
  const fs::path json_file = root() / "coco/annotations/panoptic_val2017.json";
  const fs::path png = root() / "coco/panoptic_val2017/000000000285.png";
  const std::string whole = io::read_file(json_file), pixels = io::read_file(png);
  io::write_atomically(json_file, whole.substr(0, whole.size() / 2));
  EXPECT_TRUE(
      test::fails_naming(test::call_and_listen(arguments("cut-json", {})), {json_file.string()}));
  io::write_atomically(json_file, "{\"images\": [], \"annotations\": []}");
  EXPECT_TRUE(
      test::fails_naming(test::call_and_listen(arguments("no-pictures", {})), {"no pictures"}));
  io::write_atomically(json_file, whole);
  io::write_atomically(png, pixels.substr(0, pixels.size() / 2));
  EXPECT_TRUE(test::fails_naming(test::call_and_listen(arguments("cut-png", {})), {png.string()}));
  image::write_png(png, image::rgb_of_ids(at::full({5, 7}, 9, at::kInt)));
  EXPECT_TRUE(
      test::fails_naming(test::call_and_listen(arguments("small-png", {})), {png.string(), "7x5"}));
  EXPECT_FALSE(fs::exists(out("small-png") / "scores.json"));
  io::write_atomically(png, pixels);
}

TEST_F(EvalCommand, BadInputFailsWithoutScores) {
  ASSERT_EQ(eval("other", {"--no-predictions", "--limit", "1"}), 0);
  EXPECT_EQ(eval("other", {"--no-predictions", "--resume"}), 2);  // another number of pictures
  std::ofstream(root() / "file") << "in the way";
  EXPECT_EQ(eval("file", {"--no-predictions"}), 1);
  setenv("RANK", "5", 1);
  EXPECT_EQ(eval("rank", {}), 2);
  unsetenv("RANK");
  EXPECT_FALSE(fs::exists(out("rank") / "scores.json"));
}

}  // namespace
}  // namespace fcclip::apps
