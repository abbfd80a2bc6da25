#include "fcclip/cli/typed_command.h"

#include <gtest/gtest.h>

#include "tests/cli/small_program.h"

namespace fcclip::cli {
namespace {

TEST(TypedCommand, CanBeTypedAgain) {
  test::SmallProgram program;
  program.parse({"bake", "--fan", "a cake's", "--heat", "200", "pie.txt"});
  EXPECT_EQ(typed_command(program.bake()), "oven bake 'a cake'\\''s' pie.txt --heat 200 --fan");
}

TEST(TypedCommand, IsOneLine) {
  test::SmallProgram program;
  program.parse({"bake", "two\nlines", "--heat", "200"});
  EXPECT_EQ(typed_command(program.bake()), "oven bake 'two lines' --heat 200");
}

}  // namespace
}  // namespace fcclip::cli
