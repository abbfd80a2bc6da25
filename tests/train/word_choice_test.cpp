#include "fcclip/train/word_choice.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace fcclip::train {
namespace {

TEST(WordChoice, KeepsWhatIsPresentAndVariesTheRest) {
  at::Tensor present = at::zeros({200}, at::kBool);
  present[3] = present[77] = true;
  int64_t fewest = 200, most = 0;
  for (uint64_t step = 0; step < 60; ++step) {
    Random random(1, step);
    const at::Tensor chosen = choose_words(present, random);
    EXPECT_EQ(chosen.eq(3).sum().item<int64_t>(), 1);
    EXPECT_EQ(chosen.eq(77).sum().item<int64_t>(), 1);
    EXPECT_TRUE(chosen.diff().gt(0).all().item<bool>());
    fewest = std::min(fewest, chosen.size(0));
    most = std::max(most, chosen.size(0));
  }
  EXPECT_LE(fewest, 6);
  EXPECT_GE(most, 120);
}

TEST(WordChoice, RowsAndLabelsFollow) {
  // Classes of 2, 1 and 3 words.
  const classify::TextClassifier words{at::arange(6, at::kFloat).unsqueeze(1), {2, 1, 3}};
  const std::vector<Targets> targets = {{at::tensor({2, 0, 2}, at::kLong), at::ones({3, 4, 4})},
                                        {at::tensor({2}, at::kLong), at::ones({1, 4, 4})}};
  EXPECT_TRUE(present_classes(targets, 3).equal(at::tensor({1, 0, 1}).to(at::kBool)));
  const at::Tensor chosen = at::tensor({0, 2}, at::kLong);
  const classify::TextClassifier few = only(words, chosen);
  EXPECT_EQ(few.synonyms_per_class, (std::vector<int64_t>{2, 3}));
  EXPECT_TRUE(few.rows.flatten().equal(at::tensor({0.f, 1.f, 3.f, 4.f, 5.f})));
  EXPECT_TRUE(relabelled(targets[0], chosen).labels.equal(at::tensor({1, 0, 1}, at::kLong)));
}

}  // namespace
}  // namespace fcclip::train
