// Objects that are shown: what is seen of them, and the rows that it makes.
#include "fcclip/segmenter/examples.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/model/class_rows.h"
#include "fcclip/model/model.h"
#include "fcclip/nn/unit.h"
#include "tests/segmenter/small_model.h"
#include "tests/support/errors.h"

namespace fcclip::segmenter {
namespace examples_test {

class Examples : public ::testing::Test {
 protected:
  Examples() : segmenter_(test::small_model(), SegmenterOptions{.use_text_cache = false}) {
    at::manual_seed(2);
    rgb_ = at::randint(0, 256, {96, 128, 3}, at::kByte);
    mask_ = at::zeros({96, 128}, at::kBool);
    mask_.narrow(0, 20, 50).narrow(1, 30, 60).fill_(true);
    words_ = segmenter_.prepare(classify::parse_classes("cat | kitty, the, sky"));
  }
  static at::Tensor tensor(const std::vector<float>& row) { return at::tensor(row, at::kFloat); }

  Segmenter segmenter_;
  at::Tensor rgb_, mask_;
  PreparedVocabulary words_;
};

TEST_F(Examples, GivenMasksStandBeforeTheNetworks) {
  const EncodedImage own = segmenter_.encode(rgb_);
  const EncodedImage given = segmenter_.encode_with_masks(rgb_, mask_.unsqueeze(0));
  const EncodedImage both = segmenter_.encode_beside_masks(rgb_, mask_.unsqueeze(0));
  ASSERT_EQ(both.mask_logits.size(0), 1 + own.mask_logits.size(0));
  EXPECT_TRUE(at::allclose(both.clip_embed.slice(0, 0, 1), given.clip_embed, 1e-4, 1e-5));
  EXPECT_TRUE(at::equal(both.class_embed.slice(0, 0, 1), given.class_embed));
  EXPECT_TRUE(at::allclose(both.clip_embed.slice(0, 1), own.clip_embed, 1e-4, 1e-5));
  EXPECT_TRUE(at::equal(both.class_embed.slice(0, 1), own.class_embed));
  EXPECT_TRUE(at::equal(both.valid.slice(0, 1), own.valid));
}

TEST_F(Examples, AnObjectIsWhatItsMaskHolds) {
  const EncodedImage given = segmenter_.encode_with_masks(rgb_, mask_.unsqueeze(0));
  const Example seen = see_object(segmenter_, rgb_, mask_, words_);
  EXPECT_TRUE(at::allclose(seen.out_embed, nn::unit(given.clip_embed[0]), 1e-4, 1e-5));
  EXPECT_TRUE(at::allclose(seen.in_embed, nn::unit(given.class_embed[0]), 1e-4, 1e-5));
}

TEST_F(Examples, AQueryOfAPictureIsOneToo) {
  const EncodedImage image = segmenter_.encode(rgb_);
  const Example seen = example_of(segmenter_, image, 2, words_);
  EXPECT_TRUE(at::allclose(seen.out_embed, nn::unit(image.clip_embed[2]), 1e-5, 1e-6));
  EXPECT_ERROR(invalid_argument, "no mask 99", example_of(segmenter_, image, 99, words_));
}

TEST_F(Examples, RowsLeanTowardsWhatWasShown) {
  const Example seen = see_object(segmenter_, rgb_, mask_, words_);
  const std::vector<Example> one = {seen}, two = {seen, seen};
  const auto rows = rows_of_examples(segmenter_, one, words_, 0);
  const auto nameless = rows_of_examples(segmenter_, one, words_, -1);
  const at::Tensor word = nn::unit(words_.classifier.rows.slice(0, 0, 2).mean(0));
  const at::Tensor out = tensor(rows->out_of_vocabulary);
  EXPECT_NEAR(out.norm().item<double>(), 1, 1e-5);
  EXPECT_GT(out.dot(seen.out_embed).item<double>(), word.dot(seen.out_embed).item<double>());
  EXPECT_GT(out.dot(word).item<double>(), 0.9);
  const at::Tensor alone = tensor(nameless->out_of_vocabulary);
  EXPECT_TRUE(at::allclose(nn::unit(alone), seen.out_embed, 1e-4, 1e-5));
  EXPECT_LT(alone.norm().item<double>(), 1);
  EXPECT_EQ(rows->model, model::rows_fingerprint(segmenter_.model()));
  EXPECT_TRUE(at::allclose(out,
                           tensor(rows_of_examples(segmenter_, two, words_, 0)->out_of_vocabulary),
                           1e-5, 1e-6));  // the mean of equal ones
  EXPECT_ERROR(invalid_argument, "no example", rows_of_examples(segmenter_, {}, words_, 0));
  EXPECT_ERROR(invalid_argument, "no class 3", rows_of_examples(segmenter_, one, words_, 3));
}

TEST_F(Examples, MasksThatShowNothingAreRefused) {
  EXPECT_ERROR(invalid_argument, "empty",
               see_object(segmenter_, rgb_, at::zeros_like(mask_), words_));
  EXPECT_ERROR(shape_mismatch, "mask", see_object(segmenter_, rgb_, mask_.narrow(0, 0, 9), words_));
}

TEST_F(Examples, RowsAnswerInPlaceOfWords) {
  const EncodedImage image = segmenter_.encode(rgb_);
  classify::Vocabulary asked = words_.vocabulary;
  const std::vector<Example> shown = {example_of(segmenter_, image, 1, words_)};
  asked.classes[1].rows = rows_of_examples(segmenter_, shown, words_, -1);
  const PreparedVocabulary prepared = segmenter_.prepare(asked);
  EXPECT_EQ(prepared.classifier.synonyms_per_class, (std::vector<int64_t>{2, 1, 1}));
  const auto options = segmenter_.ask_defaults().ensemble;
  const at::Tensor before = segmenter_.name_masks(image, words_, options).p_out[0][1];
  const at::Tensor after = segmenter_.name_masks(image, prepared, options).p_out[0][1];
  EXPECT_FALSE(at::allclose(before, after));
  for (const results::Segment& segment :
       segmenter_.ask(image, prepared, segmenter_.ask_defaults()).segments()) {
    EXPECT_FALSE(segment.synonym.empty());
  }
}

TEST_F(Examples, RowsOfAnotherModelAreRefused) {
  classify::Vocabulary asked = words_.vocabulary;
  const std::vector<Example> shown = {see_object(segmenter_, rgb_, mask_, words_)};
  const auto rows = rows_of_examples(segmenter_, shown, words_, 1);
  auto foreign = std::make_shared<classify::ClassRows>(*rows);
  foreign->model = "0123456789abcdef";
  asked.classes[1].rows = foreign;
  EXPECT_ERROR(invalid_argument, "the rows of \"the\" are another model's",
               segmenter_.prepare(asked));
  auto narrow = std::make_shared<classify::ClassRows>(*rows);
  narrow->out_of_vocabulary.pop_back();
  asked.classes[1].rows = narrow;
  EXPECT_ERROR(invalid_argument, "another model's", segmenter_.prepare(asked));
}

TEST_F(Examples, OneModelInTwoPrecisionsHasOneFingerprint) {
  const test::TemporaryFile wide("a.safetensors"), narrow("b.safetensors");
  model::save(wide.path(), segmenter_.model());
  model::save(narrow.path(), segmenter_.model(), at::kBFloat16);
  const auto fingerprint = [](const std::filesystem::path& path) {
    return model::rows_fingerprint(*model::load_model(path, at::kCPU));
  };
  EXPECT_EQ(fingerprint(wide.path()), model::rows_fingerprint(segmenter_.model()));
  EXPECT_EQ(fingerprint(narrow.path()), fingerprint(wide.path()));
  const auto other = test::small_model();
  model::fill_untrained(*other, 9);
  EXPECT_NE(model::rows_fingerprint(*other), fingerprint(wide.path()));
}

}  // namespace examples_test
}  // namespace fcclip::segmenter
