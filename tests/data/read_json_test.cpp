// A large file is read in the knowledge of whoever waits for it.
#include "fcclip/data/read_json.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/data/coco_file.h"
#include "tests/io/temporary_folder.h"
#include "tests/support/errors.h"
#include "tests/support/files.h"

namespace fcclip::data {
namespace read_json_test {

constexpr int64_t kMegabytes = 5;

std::string large_results() {
  nlohmann::json list = nlohmann::json::array();
  while (std::ssize(list) < kMegabytes * 10000) {
    list.push_back({{"image_id", 1}, {"category_id", 2}, {"bbox", {1, 2, 3, 4}}, {"score", 0.25}});
    list.back()["note"] = std::string(40, 'x');
  }
  return list.dump();
}

TEST(ReadJson, TicksOnItsWayAndReadsTheSame) {
  const std::string text = large_results();
  int64_t ticks = 0;
  const nlohmann::json ticked = parse_json(text, "large.json", [&] { ++ticks; });
  EXPECT_EQ(ticked, parse_json(text, "large.json"));
  EXPECT_NEAR(static_cast<double>(ticks), static_cast<double>(text.size()) / (1 << 20), 1.0);
}

TEST(ReadJson, ATickThatThrowsEndsIt) {
  const test::TemporaryFolder folder;
  const std::string path = test::write_file(folder.path() / "large.json", large_results());
  int64_t ticks = 0;
  const auto stop = [&] {
    if (++ticks == 2) fail(ErrorCode::interrupted, "enough");
  };
  EXPECT_ERROR(interrupted, "enough", CocoFile(path, JsonForm::results, stop));
  EXPECT_EQ(ticks, 2);
}

TEST(ReadJson, SlipsAreToldAsWithoutATick) {
  EXPECT_ERROR(bad_format, "line 2", parse_json("[1,\n nan]", "slip.json", [] {}));
}

}  // namespace read_json_test
}  // namespace fcclip::data
