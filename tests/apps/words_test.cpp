// fcclip tokenize and fcclip classes.
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "apps/commands.h"
#include "tests/io/temporary_folder.h"
#include "tests/support/files.h"

namespace fcclip::apps {
namespace words_test {

constexpr const char* kMerges = "#version: 0.2\nc a\nca t</w>\n";

struct Printed {
  int status;
  std::string out, err;
};

Printed run_program(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "fcclip");
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  Printed printed{run(static_cast<int>(arguments.size()), arguments.data()), {}, {}};
  printed.out = ::testing::internal::GetCapturedStdout();
  printed.err = ::testing::internal::GetCapturedStderr();
  return printed;
}

class Words : public ::testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& bytes) {
    return test::write_file(folder_.path() / name, bytes);
  }
  std::string write_gzip(const std::string& name, const std::string& text) {
    return test::write_gzip(folder_.path() / name, text);
  }
  test::TemporaryFolder folder_;
};

TEST_F(Words, TokenizePrintsOneArrayALine) {
  const std::string merges = write_gzip("merges.gz", kMerges);
  // Two merges: 512 and 513; start 514, end 515.
  const Printed plain = run_program({"tokenize", "--merges", merges.c_str(), "cat", ""});
  EXPECT_EQ(plain.status, 0) << plain.err;
  EXPECT_EQ(plain.out, "[514,513,515]\n[514,515]\n");
  const Printed padded = run_program({"tokenize", "--padded", "--merges", merges.c_str(), "cat"});
  const auto ids = nlohmann::json::parse(padded.out).get<std::vector<int64_t>>();
  ASSERT_EQ(ids.size(), 77u);
  EXPECT_EQ(ids[2], 515);
  EXPECT_EQ(ids[3], 0);
}

TEST_F(Words, TokenizeErrorsAreOneLine) {
  const std::string bad = write("bad.txt", "#version\nc\n");
  const Printed printed = run_program({"tokenize", "--merges", bad.c_str(), "cat"});
  EXPECT_EQ(printed.status, 1);
  EXPECT_NE(printed.err.find("line 2"), std::string::npos) << printed.err;
  EXPECT_EQ(std::count(printed.err.begin(), printed.err.end(), '\n'), 1);
  EXPECT_EQ(run_program({"tokenize", "--merges", "a", "--model", "b", "cat"}).status, 2);
}

TEST_F(Words, ClassesListsTheBuiltInOnes) {
  const Printed printed = run_program({"classes", "--json"});
  EXPECT_EQ(printed.status, 0) << printed.err;
  const nlohmann::json rows = nlohmann::json::parse(printed.out);
  ASSERT_EQ(rows.size(), 17u);  // twelve, the things of four, and all of them together
  EXPECT_EQ(rows[16].at("name"), "everything");
  EXPECT_EQ(rows[0].at("name"), "ade20k_150");
  EXPECT_EQ(rows[0].at("classes"), 150);
  EXPECT_EQ(rows[0].at("things"), 100);
}

TEST_F(Words, ClassesInJsonCanBeReadBack) {
  const Printed json = run_program({"classes", "cityscapes", "--json"});
  const std::string file = write("mine.json", json.out);
  EXPECT_EQ(run_program({"classes", file.c_str(), "--json"}).out, json.out);
  const Printed table = run_program({"classes", "cityscapes"});
  EXPECT_EQ(std::count(table.out.begin(), table.out.end(), '\n'), 19);
  EXPECT_NE(table.out.find("33  thing  bicycle | bicycles"), std::string::npos) << table.out;
  EXPECT_EQ(run_program({"classes", "no such vocabulary"}).status, 2);
}

}  // namespace words_test
}  // namespace fcclip::apps
