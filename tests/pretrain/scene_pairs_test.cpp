#include "fcclip/pretrain/scene_pairs.h"

#include <set>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/pretrain/batch.h"
#include "fcclip/pretrain/merge_trainer.h"
#include "tests/pretrain/shapes.h"

namespace fcclip::pretrain {
namespace {

PairRequest request(int64_t first, int64_t count, double progress = 1) {
  return {7, progress, 64, first, count};
}

TEST(ScenePairs, ABatchIsTheSameHoweverItIsShared) {
  const auto source = test::shape_pairs();
  const std::vector<Pair> whole = source->draw(request(0, 16));
  std::vector<Pair> parts = source->draw(request(0, 8));
  const std::vector<Pair> rest = source->draw(request(8, 8));
  parts.insert(parts.end(), rest.begin(), rest.end());
  ASSERT_EQ(whole.size(), 16);
  for (size_t i = 0; i < whole.size(); ++i) {
    EXPECT_EQ(parts[i].caption, whole[i].caption);
    EXPECT_EQ(parts[i].present, whole[i].present);
    EXPECT_TRUE(at::equal(parts[i].rgb, whole[i].rgb));
  }
  EXPECT_THROW(source->draw(request(4, 8)), Error);
}

TEST(ScenePairs, SubjectsOfAGroupDiffer) {
  const std::vector<Pair> pairs = test::shape_pairs()->draw(request(0, 8));
  std::set<int64_t> subjects;
  for (const Pair& pair : pairs) subjects.insert(pair.present.front());
  EXPECT_EQ(subjects.size(), 8);
}

TEST(ScenePairs, CaptionsNameWhatIsThere) {
  const auto source = test::shape_pairs();
  const std::vector<Subject> subjects = test::shape_subjects();
  for (const Pair& pair : source->draw(request(0, 64))) {
    EXPECT_EQ(pair.rgb.sizes(), (at::IntArrayRef{64, 64, 3}));
    ASSERT_FALSE(pair.named.empty());
    EXPECT_EQ(pair.named.front(), pair.present.front());
    for (const int64_t name : pair.named) {
      EXPECT_NE(std::find(pair.present.begin(), pair.present.end(), name), pair.present.end());
    }
    const Subject& subject = subjects[pair.named.front()];
    const std::string colour = subject.name.substr(0, subject.name.find(' '));
    EXPECT_NE(pair.caption.find(colour), std::string::npos)
        << pair.caption << " of " << subject.name;
  }
}

TEST(ScenePairs, BroaderTermsAreTrueButNotNamed) {
  const auto source = test::shape_pairs();
  ASSERT_EQ(source->names().back(), "square");
  const int64_t square = std::ssize(source->names()) - 1;
  EXPECT_EQ(source->classes(), square);
  for (const Pair& pair : source->draw(request(0, 32))) {
    const bool shows_square =
        std::any_of(pair.present.begin(), pair.present.end(),
                    [](int64_t name) { return name < test::kThings && name % 2 == 0; });
    EXPECT_EQ(std::count(pair.present.begin(), pair.present.end(), square) > 0, shows_square);
  }
}

TEST(ScenePairs, MasksLieOnTheSubject) {
  ScenePairOptions options = test::shape_pair_options();
  options.with_masks = true;
  options.ramp = 0.4;
  constexpr int kRed = 0, kGreen = 1;
  // At the very start nothing is recoloured.
  for (const Pair& pair : test::shape_pairs(options)->draw(request(0, 32, 0))) {
    const int64_t subject = pair.present.front();
    if (subject > 1) continue;  // red ones only
    const at::Tensor inside = pair.subject.gt(0.99);
    ASSERT_TRUE(inside.any().item<bool>());
    EXPECT_GT(pair.rgb.select(2, kRed).index({inside}).to(at::kFloat).mean().item<double>(), 200);
    EXPECT_LT(pair.rgb.select(2, kGreen).index({inside}).to(at::kFloat).mean().item<double>(), 60);
  }
}

TEST(Collate, PadsTextsAndNamesAndSpreadsRegions) {
  ScenePairOptions options = test::shape_pair_options();
  options.with_masks = true;
  const auto source = test::shape_pairs(options);
  const std::string merges = train_merges(source->texts(), 100);
  const clip::Tokenizer tokenizer(merges, 514 + count_merges(merges), 32);
  const std::vector<Pair> pairs = source->draw(request(0, 16));
  const Batch batch = collate(pairs, tokenizer, 0.5);
  EXPECT_EQ(batch.rgb.sizes(), (at::IntArrayRef{16, 64, 64, 3}));
  size_t longest = 0;
  for (size_t i = 0; i < pairs.size(); ++i) {
    const std::vector<int64_t> ids = tokenizer.encode(pairs[i].caption);
    longest = std::max(longest, ids.size());
    for (size_t k = 0; k < ids.size(); ++k) {
      EXPECT_EQ(batch.tokens[i][k].item<int64_t>(), ids[k]);
    }
    EXPECT_EQ(batch.present[i][0].item<int64_t>(), pairs[i].present[0]);
  }
  EXPECT_EQ(batch.tokens.size(1), static_cast<int64_t>(longest));
  EXPECT_EQ(batch.present.size(1), kMostNames);
  ASSERT_TRUE(batch.cells.defined());
  EXPECT_TRUE(at::allclose(batch.cells.sum(1), at::ones({16})));
  // Every second one is a plain mean.
  for (int64_t i = 0; i < 16; i += 2) {
    EXPECT_TRUE(at::allclose(batch.cells[i], at::full({4}, 0.25)));
  }
  EXPECT_FALSE(collate(pairs, tokenizer, 0).cells.defined());
}

}  // namespace
}  // namespace fcclip::pretrain
