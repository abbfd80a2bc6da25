#include "fcclip/runs/run_files.h"

#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/io/atomic_file.h"
#include "tests/io/temporary_folder.h"

namespace fcclip::runs {
namespace {

TEST(RunFiles, EveryShardHasItsOwnRecord) {
  EXPECT_EQ(record_names({}), (std::vector<std::string>{"run.json", "fcclip-run.json"}));
  EXPECT_EQ(record_names({2, 4}),
            (std::vector<std::string>{"run.2-of-4.json", "fcclip-run.2-of-4.json"}));
}

TEST(RunFiles, AllShardsAreCompleteWhenEachSaysSoOfThisRun) {
  const test::TemporaryFolder folder;
  const auto complete = [&] { return all_shards_complete(folder.path(), 2, "now"); };
  const auto record = [&](const char* name, const char* text) {
    io::write_atomically(folder.path() / name, text);
  };
  EXPECT_FALSE(complete());
  record("run.1-of-2.json", R"({"run": "now", "status": "complete"})");
  EXPECT_FALSE(complete());
  for (const char* other :
       {R"({"run": "now", "status": "running"})", R"({"run": "before", "status": "complete"})",
        R"({"status": "complete"})", R"({"run": 3, "status": ["complete"]})", "[]", "{\"run\": \"n",
        ""}) {
    record("run.2-of-2.json", other);
    EXPECT_FALSE(complete()) << other;
  }
  record("fcclip-run.2-of-2.json", R"({"run": "now", "status": "complete"})");
  EXPECT_TRUE(complete());
  EXPECT_FALSE(all_shards_complete(folder.path(), 3, "now"));
}

TEST(RunFiles, ARunThatWasStoppedHasNotFailed) {
  EXPECT_EQ(status_of_end(Error(ErrorCode::interrupted, "stopped")), "interrupted");
  EXPECT_EQ(status_of_end(Error(ErrorCode::bad_format, "cut off")), "failed");
}

}  // namespace
}  // namespace fcclip::runs
