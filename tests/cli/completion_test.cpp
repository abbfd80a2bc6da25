#include "fcclip/cli/completion.h"

#include <gtest/gtest.h>

#include "tests/cli/small_program.h"

namespace fcclip::cli {
namespace {

TEST(Completion, IsOfTheProgramsOwnNameAndOptions) {
  const test::SmallProgram program;
  for (const Shell shell : {Shell::bash, Shell::zsh, Shell::fish}) {
    const std::string script = completion_script(program.app(), shell);
    EXPECT_NE(script.find("oven"), std::string::npos);
    EXPECT_NE(script.find("bake"), std::string::npos);
    EXPECT_NE(script.find("heat"), std::string::npos);
    EXPECT_EQ(script.find("PROGRAM"), std::string::npos);
    EXPECT_EQ(script.find("fcclip"), std::string::npos);
  }
}

TEST(Completion, BashEndsWithWhatItCompletes) {
  const test::SmallProgram program;
  EXPECT_TRUE(completion_script(program.app(), Shell::bash)
                  .ends_with("complete -o default -o bashdefault -F _oven oven\n"));
}

}  // namespace
}  // namespace fcclip::cli
