#include "fcclip/words/templates.h"

#include <gtest/gtest.h>

#include "fcclip/io/atomic_file.h"
#include "tests/io/temporary_folder.h"
#include "tests/support/errors.h"

namespace fcclip::words {
namespace templates_test {

TEST(Templates, AreTheLinesOfAFile) {
  const test::TemporaryFolder folder;
  const std::string file = (folder.path() / "templates.txt").string();
  io::write_atomically(file, "a photo of a {}.\n\nthe {} there\n");
  EXPECT_EQ(load_templates(file), (std::vector<std::string>{"a photo of a {}.", "the {} there"}));
  EXPECT_TRUE(load_templates("").empty());
  io::write_atomically(file, "a photo of a {}.\na photo\n");
  EXPECT_ERROR(invalid_argument, "templates.txt: template 'a photo' has no {}",
               load_templates(file));
  io::write_atomically(file, "\n");
  EXPECT_ERROR(invalid_argument, "no templates in it", load_templates(file));
  EXPECT_ERROR(not_found, "none.txt", load_templates((folder.path() / "none.txt").string()));
}

}  // namespace templates_test
}  // namespace fcclip::words
