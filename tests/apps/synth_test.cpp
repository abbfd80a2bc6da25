// The synth command from the outside.

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "apps/commands.h"
#include "tests/io/temporary_folder.h"
#include "tests/scenes/small_world.h"

namespace fcclip::apps {
namespace {

namespace fs = std::filesystem;

class SynthCommand : public ::testing::Test {
 protected:
  void SetUp() override { test::SmallWorld::make().save(pack()); }
  fs::path pack() const { return folder_.path() / "world.safetensors"; }
  fs::path out() const { return folder_.path() / "set"; }
  int run(const std::vector<std::string>& more) {
    std::vector<const char*> arguments = {"fcclip", "synth"};
    for (const std::string& argument : more) arguments.push_back(argument.c_str());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int status = apps::run(static_cast<int>(arguments.size()), arguments.data());
    printed_ = testing::internal::GetCapturedStdout();
    complained_ = testing::internal::GetCapturedStderr();
    return status;
  }
  std::string printed_, complained_;
  test::TemporaryFolder folder_;
};

TEST_F(SynthCommand, TruthScoresPerfectlyAgainstItself) {
  ASSERT_EQ(run({"--world", pack(), "-o", out(), "--count", "8", "--size", "96", "128",
                 "--concepts", "all"}),
            0)
      << complained_;
  const std::string truth = out() / "panoptic.json";
  const char* const arguments[] = {"fcclip", "score", "panoptic", truth.c_str(), truth.c_str()};
  testing::internal::CaptureStdout();
  ASSERT_EQ(apps::run(5, arguments), 0);
  const std::string table = testing::internal::GetCapturedStdout();
  EXPECT_NE(table.find("All                       100.00  100.00  100.00"), std::string::npos)
      << table;
}

TEST_F(SynthCommand, ScenesOfAnEarlierCallAreReplacedOnlyWhenAsked) {
  const std::vector<std::string> base = {"--world", pack(), "-o", out(), "--size", "64"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), base.begin(), base.end());
    return run(more);
  };
  ASSERT_EQ(with({"--count", "4"}), 0) << complained_;
  EXPECT_EQ(with({"--count", "2"}), 2);
  EXPECT_NE(complained_.find("--overwrite"), std::string::npos) << complained_;
  EXPECT_TRUE(fs::exists(out() / "images/scene_3.png"));
  std::ofstream(out() / "images/mine.png") << "a picture of somebody's own";
  ASSERT_EQ(with({"--count", "2", "--format", "jpg", "--overwrite"}), 0) << complained_;
  EXPECT_FALSE(fs::exists(out() / "images/scene_0.png"));
  EXPECT_FALSE(fs::exists(out() / "panoptic/scene_3.png"));
  EXPECT_TRUE(fs::exists(out() / "images/scene_1.jpg"));
  EXPECT_TRUE(fs::exists(out() / "images/mine.png"));
}

TEST_F(SynthCommand, ListsConceptsWithTheirSplit) {
  ASSERT_EQ(run({"--world", pack(), "--list"}), 0) << complained_;
  EXPECT_NE(printed_.find("thing1                   shape        unseen         4         1"),
            std::string::npos)
      << printed_;
  EXPECT_FALSE(fs::exists(out()));
}

TEST_F(SynthCommand, WritesASheet) {
  const fs::path sheet = folder_.path() / "sheet.png";
  ASSERT_EQ(run({"--world", pack(), "--sheet", sheet, "--count", "5", "--size", "64"}), 0);
  EXPECT_TRUE(fs::exists(sheet));
  EXPECT_NE(printed_.find("scene_4: "), std::string::npos) << printed_;
}

TEST_F(SynthCommand, SaysWhatIsWrongInOneLine) {
  const fs::path missing = folder_.path() / "none.safetensors";
  EXPECT_EQ(run({"--world", missing, "--list"}), 1);
  EXPECT_NE(complained_.find("make world"), std::string::npos) << complained_;
  EXPECT_EQ(run({"--world", pack()}), 2);
  EXPECT_NE(complained_.find("nothing to do"), std::string::npos) << complained_;
  EXPECT_EQ(run({"--world", pack(), "-o", out(), "--size", "9"}), 2);
  EXPECT_EQ(run({"--world", pack(), "-o", out(), "--count", "-1"}), 2);
  EXPECT_EQ(std::count(complained_.begin(), complained_.end(), '\n'), 1) << complained_;
}

}  // namespace
}  // namespace fcclip::apps
