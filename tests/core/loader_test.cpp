#include "fcclip/core/loader.h"

#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "tests/support/errors.h"

namespace fcclip {
namespace {

TEST(Loader, GivesItemsInOrderForAnyNumberOfThreads) {
  for (const int64_t workers : {0, 1, 4}) {
    Loader<int64_t> loader(
        [](int64_t i) {
          std::this_thread::sleep_for(std::chrono::microseconds(i % 3 * 300));
          return i * i;
        },
        5, {workers, 3});
    for (int64_t i = 5; i < 40; ++i) EXPECT_EQ(loader.next(), i * i) << workers;
  }
}

TEST(Loader, AnErrorReachesTheItemItBelongsTo) {
  Loader<int64_t> loader(
      [](int64_t i) {
        if (i == 2) fail(ErrorCode::bad_format, "picture 2");
        return i;
      },
      0, {2, 8});
  EXPECT_EQ(loader.next(), 0);
  EXPECT_EQ(loader.next(), 1);
  EXPECT_ERROR(bad_format, "picture 2", loader.next());
  EXPECT_EQ(loader.next(), 3);
}

}  // namespace
}  // namespace fcclip
