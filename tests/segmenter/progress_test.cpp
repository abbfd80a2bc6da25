#include "fcclip/core/progress.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/model/model.h"
#include "fcclip/segmenter/segmenter.h"
#include "tests/segmenter/small_model.h"
#include "tests/support/errors.h"

namespace fcclip::segmenter {
namespace {

class EncodeProgress : public testing::Test {
 protected:
  Segmenter segmenter_{test::small_model(), {"cpu", false}};
  at::Tensor rgb_ = at::full({40, 60, 3}, 100, at::kByte);
};

TEST_F(EncodeProgress, CountsEveryPartOnce) {
  std::vector<int64_t> told;
  int64_t parts = 0;
  segmenter_.encode(rgb_, {}, {}, [&](int64_t done, int64_t total) {
    told.push_back(done);
    parts = total;
    return true;
  });
  EXPECT_EQ(parts, segmenter_.config().clip.block_count() + 3);
  ASSERT_EQ(std::ssize(told), parts);
  for (int64_t i = 0; i < parts; ++i) EXPECT_EQ(told[i], i + 1);
}

TEST_F(EncodeProgress, StopsWithinTheTrunkAndAfterIt) {
  const int64_t parts = segmenter_.config().clip.block_count() + 3;
  for (const int64_t last : {int64_t{1}, parts - 1, parts}) {
    int64_t asked = 0;
    try {
      segmenter_.encode(rgb_, {}, {}, [&](int64_t done, int64_t) {
        asked = done;
        return done < last;
      });
      FAIL() << "went on";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::interrupted);
    }
    EXPECT_EQ(asked, last);
  }
}

TEST_F(EncodeProgress, AnInterruptedOneLeavesTheSegmenterUsable) {
  const at::Tensor want = segmenter_.encode(rgb_).mask_logits;
  EXPECT_ERROR(interrupted, "stopped after",
               segmenter_.encode(rgb_, {}, {}, [](int64_t, int64_t) { return false; }));
  EXPECT_TRUE(segmenter_.encode(rgb_).mask_logits.equal(want));
}

TEST_F(EncodeProgress, GivenMasksStopToo) {
  const at::Tensor masks = at::ones({1, 40, 60}, at::kBool);
  try {
    segmenter_.encode_with_masks(rgb_, masks, {}, [](int64_t, int64_t) { return false; });
    FAIL() << "went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::interrupted);
  }
}

}  // namespace
}  // namespace fcclip::segmenter
