#include "fcclip/io/own_file.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/io/safetensors.h"
#include "tests/io/temporary_folder.h"
#include "tests/support/errors.h"
#include "tests/support/files.h"

namespace fcclip::io {
namespace {

TEST(OwnFile, OnesOfOthersAreReplacedWhenThatIsSaid) {
  const test::TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "m.safetensors";
  check_own_or_new(path, false);
  save_safetensors(path, {{"a", at::ones({2})}}, {{"format", "fcclip-model-1"}});
  check_own_or_new(path, false);
  save_safetensors(path, {{"a", at::ones({2})}}, {{"format", "pt"}});
  EXPECT_ERROR(invalid_argument, "no file of fcclip", check_own_or_new(path, false));
  check_own_or_new(path, true);
  test::write_file(path, "notes");
  EXPECT_ERROR(invalid_argument, "no file of fcclip", check_own_or_new(path, false));
}

}  // namespace
}  // namespace fcclip::io
