#include "fcclip/cli/man_page.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "tests/cli/small_program.h"
#include "tests/io/temporary_folder.h"

namespace fcclip::cli {
namespace {

ManualParts small_parts() {
  return {"oven 1.0", "2025-05-30", {{"0", "done", ""}}, {{"HEAT", "degrees", "--heat"}}, {}};
}

TEST(ManPage, IsOfTheProgramsOwnName) {
  const test::SmallProgram program;
  const std::string page = man_page(program.bake(), small_parts());
  EXPECT_TRUE(page.starts_with(".TH OVEN\\-BAKE 1 2025-05-30 \"oven 1.0\" \"oven manual\"\n"))
      << page;
  EXPECT_NE(page.find("\\fBHEAT\\fR\ndegrees\n"), std::string::npos) << page;
}

TEST(ManPage, AllAreWrittenToAFolderThatIsMade) {
  const test::SmallProgram program;
  const std::filesystem::path folder =
      std::filesystem::path(::testing::TempDir()) / "man_page_test";
  write_man_pages(program.app(), small_parts(), folder / "man1");
  EXPECT_TRUE(std::filesystem::exists(folder / "man1" / "oven.1"));
  EXPECT_TRUE(std::filesystem::exists(folder / "man1" / "oven-bake.1"));
}

TEST(ManPage, ADateOfTheSourcesIsTaken) {
  ASSERT_EQ(setenv("SOURCE_DATE_EPOCH", "1700000000", 1), 0);
  EXPECT_EQ(page_date(), "2023-11-14");
  ASSERT_EQ(unsetenv("SOURCE_DATE_EPOCH"), 0);
  EXPECT_EQ(page_date().size(), 10);
}

}  // namespace
}  // namespace fcclip::cli
