#include "fcclip/core/own_folders.h"

#include <gtest/gtest.h>

namespace fcclip {
namespace {

namespace fs = std::filesystem;

TEST(OwnFolders, AreThoseAboveThisProgramNearestFirst) {
  const std::vector<fs::path> folders = own_folders();
  ASSERT_FALSE(folders.empty());
  EXPECT_EQ(folders.front(), fs::read_symlink("/proc/self/exe").parent_path());
  for (size_t k = 1; k < folders.size(); ++k) EXPECT_EQ(folders[k], folders[k - 1].parent_path());
}

TEST(OwnFolders, DataLieInShare) {
  const fs::path model = own_data("mini.safetensors");
  EXPECT_TRUE(fs::is_regular_file(model)) << model;
  EXPECT_TRUE(own_data("nothing-of-that-name").empty());
}

}  // namespace
}  // namespace fcclip
