#include "fcclip/pretrain/scene_pairs.h"

#include <set>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/pretrain/batch.h"
#include "fcclip/pretrain/merge_trainer.h"
#include "tests/pretrain/shapes.h"
#include "tests/support/errors.h"

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
  EXPECT_ERROR(invalid_argument, "pairs 4 to 12 of a batch: expected multiples of 8",
               source->draw(request(4, 8)));
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

// Names of other things that a crop shows.
int64_t count_other_things(const std::vector<Pair>& pairs) {
  int64_t count = 0;
  for (const Pair& pair : pairs) {
    for (size_t i = 1; i < pair.present.size(); ++i) count += pair.present[i] < test::kThings;
  }
  return count;
}

TEST(ScenePairs, OtherThingsAreKeptOutOnRequest) {
  ScenePairOptions options = test::shape_pair_options();
  options.most_clutter = 1e9;
  EXPECT_GT(count_other_things(test::shape_pairs(options)->draw(request(0, 64))), 0);
  options.most_clutter = 0;
  EXPECT_EQ(count_other_things(test::shape_pairs(options)->draw(request(0, 64))), 0);
}

PairRequest window_request(int64_t count, double progress = 1) {
  PairRequest windows = request(0, count, progress);
  windows.windows = true;
  return windows;
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

TEST(ScenePairs, CellsOfAWindowLieOnTheSubject) {
  ScenePairOptions options = test::shape_pair_options();
  options.window_zoom = 2;  // so that shapes fill cells
  options.ramp = 0.4;
  constexpr int kRed = 0, kGreen = 1;
  int checked = 0;
  // At the very start nothing is recoloured.
  for (const Pair& pair : test::shape_pairs(options)->draw(window_request(64, 0))) {
    const int64_t subject = pair.present.front();
    if (subject > 1) continue;  // red ones only
    const at::Tensor cells = pair.cells.gt(0.99).view({2, 2});
    const at::Tensor inside = cells.repeat_interleave(32, 0).repeat_interleave(32, 1);
    if (!inside.any().item<bool>()) continue;
    EXPECT_GT(pair.rgb.select(2, kRed).index({inside}).to(at::kFloat).mean().item<double>(), 200);
    EXPECT_LT(pair.rgb.select(2, kGreen).index({inside}).to(at::kFloat).mean().item<double>(), 60);
    ++checked;
  }
  EXPECT_GT(checked, 1);
}

TEST(ScenePairs, EnlargedWindowsShowFewerThings) {
  ScenePairOptions near = test::shape_pair_options();
  near.window_zoom = 1;
  const auto pictures = [](const ScenePairOptions& options) {
    std::set<const void*> different;
    for (const Pair& pair : test::shape_pairs(options)->draw(window_request(64, 0))) {
      different.insert(pair.rgb.const_data_ptr());
    }
    return different.size();
  };
  EXPECT_GT(pictures(near), pictures(test::shape_pair_options()));
}

struct Collated {
  std::vector<Pair> pairs;
  clip::Tokenizer tokenizer;
  Batch batch;
};

Collated collated(const PairRequest& wanted) {
  const auto source = test::shape_pairs();
  const std::string merges = train_merges(source->texts(), 100);
  clip::Tokenizer tokenizer(merges, 514 + count_merges(merges), 32);
  std::vector<Pair> pairs = source->draw(wanted);
  Batch batch = collate(pairs, tokenizer);
  return {std::move(pairs), std::move(tokenizer), std::move(batch)};
}

TEST(Collate, PadsTextsAndNames) {
  const Collated made = collated(request(0, 16));
  EXPECT_EQ(made.batch.rgb.sizes(), (at::IntArrayRef{16, 64, 64, 3}));
  EXPECT_FALSE(made.batch.regions.cells.defined());
  size_t longest = 0;
  for (size_t i = 0; i < made.pairs.size(); ++i) {
    const std::vector<int64_t> ids = made.tokenizer.encode(made.pairs[i].caption);
    longest = std::max(longest, ids.size());
    for (size_t k = 0; k < ids.size(); ++k) {
      EXPECT_EQ(made.batch.tokens[i][k].item<int64_t>(), ids[k]);
    }
    EXPECT_EQ(made.batch.present[i][0].item<int64_t>(), made.pairs[i].present[0]);
  }
  EXPECT_EQ(made.batch.tokens.size(1), static_cast<int64_t>(longest));
  EXPECT_EQ(made.batch.present.size(1), kMostNames);
}

TEST(Collate, PairsOfAWindowShareItsPicture) {
  const Collated made = collated(window_request(16));
  const Batch& batch = made.batch;
  ASSERT_LT(batch.rgb.size(0), 16);
  ASSERT_EQ(batch.regions.cells.sizes(), (at::IntArrayRef{16, 4}));
  EXPECT_TRUE(at::allclose(batch.regions.cells.sum(1), at::ones({16})));
  for (int64_t i = 0; i < 16; ++i) {
    const int64_t row = batch.regions.picture[i].item<int64_t>();
    EXPECT_TRUE(at::equal(batch.rgb[row], made.pairs[i].rgb));
    // Nothing but cells that the subject touches.
    const at::Tensor touched = made.pairs[i].cells.gt(0);
    EXPECT_FALSE(
        batch.regions.cells[i].gt(0).logical_and(touched.logical_not()).any().item<bool>());
  }
}

}  // namespace
}  // namespace fcclip::pretrain
