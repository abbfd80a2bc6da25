#include "fcclip/runs/written_files.h"

#include <gtest/gtest.h>

#include "fcclip/io/atomic_file.h"
#include "tests/io/temporary_folder.h"

namespace fcclip::runs {
namespace {

TEST(WrittenFiles, KnowsWhatItWroteUntilThatIsChanged) {
  const test::TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "a.json";
  WrittenFiles(folder.path()).will_write(file, "ours");
  io::write_atomically(file, "ours");
  EXPECT_TRUE(WrittenFiles(folder.path()).wrote(file));
  io::write_atomically(file, "OURS");
  EXPECT_FALSE(WrittenFiles(folder.path()).wrote(file));
  EXPECT_TRUE(WrittenFiles(folder.path()).lists(file));
}

// The hash is of an earlier release, which had another kind: a file like one of somebody else.
TEST(WrittenFiles, FilesOfAListWithOtherHashesAreNotKnown) {
  const test::TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "a.json";
  io::write_atomically(folder.path() / WrittenFiles::kName,
                       "{\"bytes\":4,\"file\":\"a.json\",\"hash\":\"0123456789abcdef\"}\n");
  io::write_atomically(file, "ours");
  WrittenFiles files(folder.path());
  EXPECT_FALSE(files.wrote(file));
  EXPECT_EQ(files.finished("a"), nullptr);
  files.will_write(file, "ours");
  EXPECT_TRUE(files.wrote(file));
}

}  // namespace
}  // namespace fcclip::runs
