// From labelled pictures to words with rows, with a small untrained network.
#include "fcclip/adapt/adapt_words.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/model/class_rows.h"
#include "fcclip/model/model.h"
#include "tests/segmenter/small_model.h"
#include "tests/support/errors.h"

namespace fcclip::adapt {
namespace adapt_words_test {

// Left and right halves of random pictures; what is right is a crowd in the second.
class Halves final : public data::Dataset {
 public:
  Halves() { words_ = classify::parse_classes("cat, the, sky, a"); }
  int64_t size() const override { return 3; }
  data::Sample get(int64_t index) const override {
    data::Sample sample;
    const at::Tensor rows = at::arange(96).view({-1, 1, 1}),
                     columns = at::arange(128).view({1, -1, 1});
    sample.rgb =
        ((rows * (7 + index) + columns * 5 * at::arange(1, 4).view({1, 1, 3})) % 256).to(at::kByte);
    sample.ids = at::full({96, 128}, 5, at::kInt);
    sample.ids.slice(1, 64).fill_(9);
    sample.segments = {{5, 0, false}, {9, index == 2 ? 2 : 1, index == 1}};
    return sample;
  }
  const classify::Vocabulary& vocabulary() const override { return words_; }

 private:
  classify::Vocabulary words_;
};

class AdaptWords : public ::testing::Test {
 protected:
  AdaptWords()
      : segmenter_(test::small_model(), segmenter::SegmenterOptions{.use_text_cache = false}),
        words_(segmenter_.prepare(halves_.vocabulary())) {}
  Halves halves_;
  segmenter::Segmenter segmenter_;
  segmenter::PreparedVocabulary words_;
};

TEST_F(AdaptWords, SeesSegmentsThatAreNoCrowd) {
  const SeenPictures seen = see_pictures(segmenter_, halves_, words_, {});
  EXPECT_EQ(seen.pictures, (std::vector<int64_t>{3, 1, 1, 0}));
  EXPECT_EQ(unseen_names(seen, words_.vocabulary), std::vector<std::string>{"a"});
  const LabelledEmbeddings& out = seen.out_of_vocabulary;
  ASSERT_EQ(out.embeddings.size(0), std::ssize(out.classes));
  ASSERT_EQ(out.classes.size(), out.pictures.size());
  EXPECT_GE(std::ranges::count(out.classes, 0), 3);  // the true mask of each picture, and hits
  EXPECT_EQ(std::ranges::count(out.classes, 4), 0);  // void is the in-vocabulary classifier's
  EXPECT_EQ(seen.in_vocabulary.embeddings.size(0), std::ssize(seen.in_vocabulary.classes));
  EXPECT_TRUE(
      at::allclose(out.embeddings.norm(2, 1), at::ones({out.embeddings.size(0)}), 1e-4, 1e-4));
}

TEST_F(AdaptWords, FirstPicturesAlone) {
  AdaptOptions options;
  options.limit = 1;
  std::vector<int64_t> counted;
  options.pictures = [&](int64_t done, int64_t) {
    counted.push_back(done);
    return true;
  };
  EXPECT_EQ(see_pictures(segmenter_, halves_, words_, options).pictures,
            (std::vector<int64_t>{1, 1, 0, 0}));
  EXPECT_EQ(counted, (std::vector<int64_t>{0, 1}));
  options.pictures = [](int64_t, int64_t) { return false; };
  EXPECT_ERROR(interrupted, "pictures", see_pictures(segmenter_, halves_, words_, options));
}

TEST_F(AdaptWords, ClassesThatWereSeenGetRows) {
  const SeenPictures seen = see_pictures(segmenter_, halves_, words_, {});
  const classify::Vocabulary adapted = adapted_words(segmenter_, seen, words_, {});
  ASSERT_EQ(adapted.classes.size(), 4U);
  for (size_t k = 0; k < 3; ++k) {
    ASSERT_TRUE(adapted.classes[k].rows) << k;
    EXPECT_EQ(adapted.classes[k].rows->model, model::rows_fingerprint(segmenter_.model()));
  }
  EXPECT_FALSE(adapted.classes[3].rows);
  const segmenter::PreparedVocabulary prepared = segmenter_.prepare(adapted);  // are taken as words
  EXPECT_EQ(prepared.classifier.rows.size(0), 4);
  // The fit's own examples are named better than before.
  const auto right = [&](const segmenter::PreparedVocabulary& asked) {
    const at::Tensor logits = seen.out_of_vocabulary.embeddings.matmul(asked.classifier.rows.t());
    return logits.argmax(1)
        .eq(at::tensor(seen.out_of_vocabulary.classes, at::kLong))
        .sum()
        .item<int64_t>();
  };
  EXPECT_GT(right(prepared), right(words_));
}

TEST_F(AdaptWords, PicturesWithoutAClassAreRefused) {
  SeenPictures none;
  none.pictures.assign(4, 0);
  EXPECT_ERROR(invalid_argument, "none of the classes",
               adapted_words(segmenter_, none, words_, {}));
}

}  // namespace adapt_words_test
}  // namespace fcclip::adapt
