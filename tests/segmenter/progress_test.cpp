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

// Every task, on a picture of several parts: counted, stopped at the first, and as before after it.
TEST_F(EncodeProgress, AskingCountsAndStops) {
  const at::Tensor wide = at::full({400, 300, 3}, 100, at::kByte);
  const EncodedImage image = segmenter_.encode(wide);
  const PreparedVocabulary words = segmenter_.prepare(classify::parse_classes("cat, dog, grass"));
  for (const results::Task task :
       {results::Task::panoptic, results::Task::instance, results::Task::semantic}) {
    AskOptions options = segmenter_.ask_defaults();
    options.task = task;
    options.instances.things_only = false;
    int64_t calls = 0, parts = 0;
    options.progress = [&](int64_t done, int64_t total) {
      EXPECT_EQ(done, ++calls);
      parts = total;
      return true;
    };
    const results::Segmentation want = segmenter_.ask(image, words, options);
    EXPECT_EQ(calls, parts) << results::task_name(task);
    EXPECT_GT(parts, 1) << results::task_name(task);
    options.progress = [](int64_t, int64_t) { return false; };
    EXPECT_ERROR(interrupted, "stopped after 1 of " + std::to_string(parts),
                 segmenter_.ask(image, words, options));
    options.progress = {};
    EXPECT_EQ(segmenter_.ask(image, words, options).segments().size(), want.segments().size());
  }
}

}  // namespace
}  // namespace fcclip::segmenter
