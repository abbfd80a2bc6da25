#include "fcclip/words/merges_file.h"

#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "tests/io/temporary_folder.h"
#include "tests/support/errors.h"
#include "tests/support/files.h"

namespace fcclip::words {
namespace merges_file_test {

constexpr const char* kMerges = "#version: 0.2\nc a\nca t</w>\n";

class MergesFiles : public ::testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& bytes) {
    return test::write_file(folder_.path() / name, bytes);
  }
  std::string write_gzip(const std::string& name, const std::string& text) {
    return test::write_gzip(folder_.path() / name, text);
  }
  test::TemporaryFolder folder_;
};

ErrorCode code_of(const std::string& path) {
  return test::code_of([&] { find_merges(path); });
}

TEST_F(MergesFiles, MergesPlainOrPacked) {
  EXPECT_EQ(find_merges(write("merges.txt", kMerges)), kMerges);
  EXPECT_EQ(find_merges(write_gzip("merges.txt.gz", kMerges)), kMerges);
}

TEST(Merges, AShorterFileIsAllOfTheVocabulary) {
  // Of 512 bytes and 2 merges "cat" is the last; behind it the start and the end of a text.
  EXPECT_EQ(tokenizer_of_merges(kMerges).encode("cat"), (std::vector<int64_t>{514, 513, 515}));
  const std::string unended(kMerges, std::string(kMerges).size() - 1);
  EXPECT_EQ(tokenizer_of_merges(unended).encode("cat"), (std::vector<int64_t>{514, 513, 515}));
}

TEST_F(MergesFiles, DamagedAndMissingMerges) {
  std::ifstream packed(write_gzip("whole.gz", std::string(10000, 'x') + kMerges), std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(packed), {}};
  EXPECT_EQ(code_of(write("cut.gz", bytes.substr(0, bytes.size() / 2))), ErrorCode::bad_format);
  EXPECT_EQ(code_of((folder_.path() / "none").string()), ErrorCode::not_found);
}

}  // namespace merges_file_test
}  // namespace fcclip::words
