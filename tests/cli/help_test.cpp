#include "fcclip/cli/help.h"

#include <gtest/gtest.h>

#include "tests/cli/small_program.h"

namespace fcclip::cli {
namespace {

TEST(Help, WordsAreWrappedAtEightyColumns) {
  const std::string text = wrap_text(std::string(200, 'a') + " b " + std::string(50, 'c'), 26);
  EXPECT_EQ(text,
            std::string(200, 'a') + "\n" + std::string(26, ' ') + "b " + std::string(50, 'c'));
  EXPECT_EQ(wrap_text("", 26), "");
}

TEST(Help, OptionsStandInGroupsWithTheirDefaults) {
  const test::SmallProgram program;
  EXPECT_EQ(program.bake().help(),
            "Usage: oven bake DISH... --heat NUMBER [OPTIONS]\n"
            "\n"
            "Bake dishes\n"
            "\n"
            "  DISH...                 What is baked\n"
            "\n"
            "Fire:\n"
            "  --heat NUMBER           Degrees; default 180 (needed)\n"
            "  --fan                   Move the air\n"
            "\n"
            "Help:\n"
            "  -h, --help              Print this help message and exit\n");
}

TEST(Help, NotesLookLikeOptions) {
  EXPECT_EQ(notes_help("Exit codes", {{"0", "done", ""}}),
            "Exit codes:\n  0                       done\n");
}

}  // namespace
}  // namespace fcclip::cli
