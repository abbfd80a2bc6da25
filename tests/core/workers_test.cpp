#include "fcclip/core/workers.h"

#include <atomic>
#include <set>
#include <stdexcept>
#include <thread>

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "fcclip/core/device.h"
#include "tests/support/errors.h"

namespace fcclip {
namespace workers_test {

TEST(Workers, ShareTheThreads) {
  const int before = at::get_num_threads();
  at::set_num_threads(6);
  std::atomic<int> own[2] = {0, 0};
  std::set<std::thread::id> threads[2];
  run_workers(2, [&](size_t worker) {
    own[worker] = at::get_num_threads();
    threads[worker].insert(std::this_thread::get_id());
  });
  EXPECT_EQ(own[0], 3);
  EXPECT_EQ(own[1], 3);
  EXPECT_NE(threads[0], threads[1]);
  EXPECT_EQ(at::get_num_threads(), 6);
  run_workers(1, [&](size_t) { own[0] = at::get_num_threads(); });
  EXPECT_EQ(own[0], 6);
  run_workers(8, [&](size_t worker) {
    if (worker == 7) own[0] = at::get_num_threads();
  });
  EXPECT_EQ(own[0], 1);
  at::set_num_threads(before);
}

TEST(Workers, TheFirstErrorIsThrownWhenAllHaveEnded) {
  std::atomic<int> ended = 0;
  try {
    run_workers(3, [&](size_t worker) {
      ++ended;
      if (worker > 0) throw std::runtime_error("worker " + std::to_string(worker));
    });
    FAIL() << "went on";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "worker 1");
  }
  EXPECT_EQ(ended, 3);
}

TEST(DeviceLists, AreNamesAtCommas) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(split_devices("cpu"), Names{"cpu"});
  EXPECT_EQ(split_devices("cpu,cpu"), (Names{"cpu", "cpu"}));
  EXPECT_EQ(split_devices("cuda:0,cuda:12"), (Names{"cuda:0", "cuda:12"}));
  EXPECT_EQ(split_devices("all"), Names{"all"});
  EXPECT_EQ(list_devices("cpu,cpu"), (Names{"cpu", "cpu"}));
}

TEST(DeviceLists, BadOnesAreRefused) {
  for (const char* text : {"cpu,", ",cpu", "", "cuda:0,,cuda:1"}) {
    EXPECT_ERROR(invalid_argument, "a name is missing at a comma", split_devices(text));
  }
  EXPECT_ERROR(invalid_argument, "GPU 0 is named twice", split_devices("cuda:0,cuda:1,cuda:0"));
  EXPECT_ERROR(invalid_argument, "GPU 0 is named twice", split_devices("cuda,cuda:0"));
  EXPECT_ERROR(invalid_argument, "cpu beside GPUs", split_devices("cuda:0,cpu"));
  EXPECT_ERROR(invalid_argument, "'tpu' is unknown", split_devices("cpu,tpu"));
  EXPECT_ERROR(invalid_argument, "'cuda:' is unknown", split_devices("cuda:"));
  EXPECT_ERROR(invalid_argument, "or all alone", split_devices("all,cpu"));
}

}  // namespace workers_test
}  // namespace fcclip
