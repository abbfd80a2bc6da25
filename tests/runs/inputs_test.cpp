// What is named -> which pictures.

#include "fcclip/runs/inputs.h"

#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/runs/natural_order.h"
#include "fcclip/runs/written_files.h"
#include "tests/support/errors.h"

namespace fcclip::runs {
namespace {

namespace fs = std::filesystem;

TEST(NaturalOrder, NumbersCountAsNumbers) {
  EXPECT_TRUE(natural_less("scene_2.png", "scene_10.png"));
  EXPECT_FALSE(natural_less("scene_10.png", "scene_2.png"));
  EXPECT_TRUE(natural_less("a", "a1"));
  EXPECT_TRUE(natural_less("a1b", "a1c"));
  EXPECT_TRUE(natural_less("a007", "a08"));
  EXPECT_NE(natural_less("a01", "a1"), natural_less("a1", "a01"));
  EXPECT_FALSE(natural_less("x", "x"));
}

class Inputs : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("fcclip-inputs-" + std::to_string(getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  void make(const std::string& name, const std::string& bytes = "x") const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << bytes;
  }
  std::vector<std::string> found(const std::vector<std::string>& inputs,
                                 const fs::path& output = "") const {
    std::vector<std::string> names;
    for (const InputPicture& picture : expand_inputs(inputs, output).pictures) {
      names.push_back(picture.path.lexically_relative(folder_).string());
    }
    return names;
  }
  std::vector<std::string> pictures(const fs::path& output = "") const {
    return found({folder_.string()}, output);
  }

  fs::path folder_;
};

using Names = std::vector<std::string>;

TEST_F(Inputs, FoldersInNaturalOrder) {
  for (const char* name : {"s10.jpg", "s2.jpg", "deep/a.JPG", "s1.Tiff"}) make(name);
  EXPECT_EQ(pictures(), (Names{"deep/a.JPG", "s1.Tiff", "s2.jpg", "s10.jpg"}));
}

TEST_F(Inputs, WhatSystemsLeaveIsNoPicture) {
  for (const char* name : {"a.jpg", "._a.jpg", ".ipynb_checkpoints/a.jpg", "__MACOSX/._a.jpg",
                           "@eaDir/a.jpg", ".Trash/b.jpg", "Thumbs.db"}) {
    make(name);
  }
  EXPECT_EQ(pictures(), Names{"a.jpg"});
}

TEST_F(Inputs, LinksAreFollowedOnce) {
  make("real/a.jpg");
  fs::create_directory_symlink(folder_ / "real", folder_ / "also");
  fs::create_directory_symlink(folder_, folder_ / "real" / "loop");
  fs::create_directory_symlink(folder_.parent_path(), folder_ / "up");
  fs::create_symlink(folder_ / "gone.jpg", folder_ / "dangling.jpg");
  fs::create_symlink("round.jpg", folder_ / "round.jpg");
  EXPECT_EQ(pictures(), Names{"real/a.jpg"});
}

TEST_F(Inputs, TheOutputFolderIsNoInput) {
  make("a.jpg");
  make("out/a.overlay.png");
  EXPECT_EQ(pictures(folder_ / "out"), Names{"a.jpg"});
  fs::create_directory_symlink(folder_ / "out", folder_ / "results");
  EXPECT_EQ(pictures(folder_ / "results"), Names{"a.jpg"});
}

TEST_F(Inputs, ResultsOfEarlierRunsAreNoInput) {
  make("a.jpg");
  make("old/a.panoptic.png", "bytes");
  WrittenFiles(folder_ / "old").will_write(folder_ / "old" / "a.panoptic.png", "bytes");
  make("a.2.overlay.png");  // of a run before there were lists
  make("b.overlay.png");    // whose picture is not here: it may be somebody's own
  EXPECT_EQ(pictures(folder_), (Names{"a.jpg", "b.overlay.png"}));
}

TEST_F(Inputs, NamedTwiceIsTakenOnce) {
  make("a.jpg");
  const std::string a = (folder_ / "a.jpg").string();
  EXPECT_EQ(found({a, folder_.string(), (folder_ / "." / "a.jpg").string()}), Names{"a.jpg"});
  EXPECT_ERROR(invalid_argument, "- is named twice", expand_inputs({"-", "-"}, ""));
}

TEST_F(Inputs, BracketsAreNamesBeforeTheyArePatterns) {
  make("photos [2019]/a[1].jpg");
  make("photos [2019]/b.txt");
  const fs::path inside = folder_ / "photos [2019]";
  EXPECT_EQ(found({(inside / "a[1].jpg").string()}), Names{"photos [2019]/a[1].jpg"});
  EXPECT_EQ(found({(inside / "*").string()}), Names{"photos [2019]/a[1].jpg"});
}

TEST_F(Inputs, WhatIsLeftOutIsTold) {
  for (const char* name : {"a.jpg", "b.svg", "c.txt", "d.txt"}) make(name);
  const InputList list = expand_inputs({folder_.string()}, "");
  ASSERT_EQ(list.notes.size(), 1);
  EXPECT_NE(list.notes[0].find("3 files are no pictures (svg, txt)"), std::string::npos)
      << list.notes[0];
}

}  // namespace
}  // namespace fcclip::runs
