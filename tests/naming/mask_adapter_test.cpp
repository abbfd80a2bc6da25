#include <thread>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/naming/naming.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"

namespace fcclip::naming {
namespace mask_adapter_test {

constexpr int64_t kQueries = 11, kWidth = 24, kChannels = 32;

// Small weights of every layer, so that maps differ from one another.
void fill(const nn::WeightTable& table) {
  at::manual_seed(3);
  for (const nn::Weight& row : table.rows()) {
    const double scale = row.shape.size() < 2 ? 0.3 : 1 / std::sqrt(row.fan_in());
    *row.member = at::randn(row.shape) * scale + (row.name.ends_with("norm.weight") ? 1 : 0);
  }
}

class MaskAdapterTest : public ::testing::Test {
 protected:
  MaskAdapterTest()
      : naming_(config(), clip()), head_(clip().convnext, kChannels, clip().embed_dim) {
    head_.declare(head_table_, "v");
    fill(naming_.weights());
    fill(head_table_);
    naming_.prepare(ops::Products::float32);
    dense_ = at::randn({3, 4, kChannels});
    masks_ = at::randn({kQueries, 24, 32});
  }

  static NamingConfig config() {
    NamingConfig config;
    config.adapter = AdapterConfig{8, 48, 5, 0.45};
    return config;
  }
  static clip::ClipConfig clip() {
    clip::ClipConfig clip;
    clip.convnext.head_hidden = 20;
    clip.embed_dim = kWidth;
    return clip;
  }

  PictureNaming look(const Trace& trace = {}) const {
    return naming_.look(dense_, kQueries, head_, trace);
  }
  at::Tensor embed(const PictureNaming& picture, const std::vector<bool>& needed) const {
    return naming_.adapter()->embed(*picture.adapted, masks_, needed, head_);
  }

  Naming naming_;
  clip::VisualHead head_;
  nn::WeightTable head_table_;
  at::Tensor dense_, masks_;
};

TEST_F(MaskAdapterTest, SavingsAreExact) {
  const Trace ignored = [](std::string_view, const at::Tensor&) {};
  const at::Tensor naive =
      naming_.adapter()->embed_traced(*look(ignored).adapted, masks_, head_, ignored);
  EXPECT_TRUE(test::near(embed(look(), std::vector<bool>(kQueries, true)), naive, 2e-6));
  EXPECT_GT(naive.std(0).min().item<double>(), 0);  // masks differ in every channel
}

TEST_F(MaskAdapterTest, OnlyWhatIsNeededIsMadeAndKept) {
  const at::Tensor all = embed(look(), std::vector<bool>(kQueries, true));
  const PictureNaming picture = look();
  std::vector<bool> some(kQueries, false);
  some[2] = some[7] = true;
  const at::Tensor two = embed(picture, some);
  EXPECT_EQ(picture.adapted->made, some);
  EXPECT_TRUE(test::near(two[2], all[2], 2e-6));
  EXPECT_TRUE(test::near(two[7], all[7], 2e-6));
  EXPECT_EQ(two.abs().sum(1).gt(0).sum().item<int64_t>(), 2);
  std::vector<bool> others(kQueries, false);
  others[2] = others[3] = true;
  const at::Tensor three = embed(picture, others);
  EXPECT_TRUE(three[2].equal(two[2]));  // not made again
  EXPECT_TRUE(three[7].equal(two[7]));
  EXPECT_TRUE(test::near(three[3], all[3], 2e-6));
}

TEST_F(MaskAdapterTest, ManyThreadsMayAsk) {
  const at::Tensor all = embed(look(), std::vector<bool>(kQueries, true));
  const PictureNaming picture = look();
  std::vector<std::thread> threads;
  std::vector<at::Tensor> got(4);
  for (size_t i = 0; i < got.size(); ++i) {
    threads.emplace_back([&, i] {
      std::vector<bool> needed(kQueries, false);
      for (int64_t q = 0; q < kQueries; ++q) needed[q] = q % 4 != static_cast<int64_t>(i);
      got[i] = embed(picture, needed);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < got.size(); ++i) {
    for (int64_t q = 0; q < kQueries; ++q) {
      if (q % 4 == static_cast<int64_t>(i)) continue;
      EXPECT_TRUE(test::near(got[i][q], all[q], 2e-6));
    }
  }
}

TEST_F(MaskAdapterTest, AMaskWithoutAPixelHasAnEmbeddingToo) {
  masks_.fill_(-30);
  EXPECT_TRUE(embed(look(), std::vector<bool>(kQueries, true)).isfinite().all().item<bool>());
}

TEST_F(MaskAdapterTest, ACopyInItsOwnMemoryGoesOn) {
  const PictureNaming picture = look();
  std::vector<bool> one(kQueries, false);
  one[4] = true;
  const at::Tensor before = embed(picture, one);
  const PictureNaming copy = in_own_memory(picture);
  EXPECT_EQ(copy.bytes(), picture.bytes());
  EXPECT_EQ(copy.adapted->made, one);
  EXPECT_TRUE(embed(copy, one).equal(before));
  one[5] = true;
  EXPECT_TRUE(embed(copy, one).equal(embed(picture, one)));
}

TEST_F(MaskAdapterTest, OtherMasksAreRefused) {
  masks_ = at::randn({kQueries, 24, 24});
  EXPECT_ERROR(shape_mismatch, "mask_adapter: mask logits",
               embed(look(), std::vector<bool>(kQueries, true)));
}

}  // namespace mask_adapter_test
}  // namespace fcclip::naming
