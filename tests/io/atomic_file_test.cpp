#include "fcclip/io/atomic_file.h"

#include <stdexcept>

#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "tests/io/temporary_folder.h"
#include "tests/support/errors.h"

namespace fcclip::io {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;

size_t files_in(const fs::path& folder) {
  return static_cast<size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST(AtomicFile, WritesIntoFoldersThatDoNotExistYet) {
  TemporaryFolder folder;
  const fs::path path = folder.path() / "a/b/c.txt";
  write_atomically(path, "words");
  EXPECT_EQ(read_file(path), "words");
  EXPECT_EQ(files_in(path.parent_path()), 1u);
}

TEST(AtomicFile, LargeAndSmallPiecesArriveInOrder) {
  TemporaryFolder folder;
  std::string want;
  write_atomically(folder.path() / "f", [&](std::ostream& stream) {
    for (const size_t size : {1, 70'000, 3, 65'536, 0, 200'000, 65'535, 2}) {
      const std::string piece(size, static_cast<char>('a' + want.size() % 26));
      stream << piece;
      want += piece;
    }
  });
  EXPECT_EQ(read_file(folder.path() / "f"), want);
}

TEST(AtomicFile, AFailureHalfWayLeavesTheOldFileAndNoTemporary) {
  TemporaryFolder folder;
  const fs::path path = folder.path() / "f";
  write_atomically(path, "old");
  EXPECT_THROW(write_atomically(path,
                                [](std::ostream& stream) {
                                  stream << "half";
                                  throw std::runtime_error("stop");
                                }),
               std::runtime_error);
  EXPECT_EQ(read_file(path), "old");
  EXPECT_EQ(files_in(folder.path()), 1u);
}

TEST(AtomicFile, ReplacesTheTargetOfALinkAndKeepsTheLink) {
  TemporaryFolder folder;
  write_atomically(folder.path() / "target", "old");
  fs::create_symlink("target", folder.path() / "link");
  write_atomically(folder.path() / "link", "new");
  EXPECT_TRUE(fs::is_symlink(folder.path() / "link"));
  EXPECT_EQ(read_file(folder.path() / "target"), "new");
}

TEST(AtomicFile, ADeviceIsWrittenToAndAFullOneSaysWhy) {
  write_atomically("/dev/null", "gone");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  if (!fs::exists("/dev/full")) return;
  try {
    write_atomically("/dev/full", "words");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::io_failure);
    EXPECT_NE(std::string(error.what()).find("No space left"), std::string::npos) << error.what();
  }
}

TEST(AtomicFile, AFolderOrAFileAsFolderIsAnIoFailureThatNamesThePath) {
  TemporaryFolder folder;
  write_atomically(folder.path() / "f", "x");
  for (const fs::path& path : {folder.path(), folder.path() / "f" / "g"}) {
    try {
      write_atomically(path, "x");
      FAIL() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::io_failure);
      EXPECT_NE(std::string(error.what()).find(folder.path().string()), std::string::npos);
    }
  }
}

TEST(ReadFile, RefusesWhatIsLargerThanAllowed) {
  TemporaryFolder folder;
  write_atomically(folder.path() / "f", std::string(100, 'x'));
  EXPECT_EQ(read_file(folder.path() / "f", 100).size(), 100u);
  try {
    read_file(folder.path() / "f", 99);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_format);
  }
}

TEST(ReadFile, TellsNoFileFromAFolder) {
  TemporaryFolder folder;
  try {
    read_file(folder.path() / "absent");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::not_found);
  }
  EXPECT_ERROR(io_failure, "can't read", read_file(folder.path()));
}

}  // namespace
}  // namespace fcclip::io
