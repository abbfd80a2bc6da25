#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/model/model.h"
#include "tests/segmenter/small_model.h"

namespace fcclip::model {
namespace prepare_test {

// Counts how often it is packed.
class CountingTower : public clip::ImageTower {
 public:
  CountingTower(std::unique_ptr<clip::ImageTower> tower, int& packed)
      : tower_(std::move(tower)), packed_(packed) {}
  void declare(nn::WeightTable& table, const std::string& prefix) override {
    tower_->declare(table, prefix);
  }
  void prepare(const ops::Packing& packing) override {
    ++packed_;
    tower_->prepare(packing);
  }
  clip::ClipFeatures forward(const at::Tensor& image, const Trace& trace,
                             const Tick& tick) const override {
    return tower_->forward(image, trace, tick);
  }
  at::Tensor embed_masks(const at::Tensor& dense, const at::Tensor& mask_logits,
                         const Trace& trace) const override {
    return tower_->embed_masks(dense, mask_logits, trace);
  }

 private:
  std::unique_ptr<clip::ImageTower> tower_;
  int& packed_;
};

// A graph on a GPU goes on reading what a frozen trunk has packed while the head beside it is trained.
TEST(Prepare, BesideClipLeavesItsPackedWeightsWhereTheyAre) {
  const auto model = test::small_model();
  int packed = 0;
  model->clip->image_tower =
      std::make_unique<CountingTower>(std::move(model->clip->image_tower), packed);
  model->prepare();
  EXPECT_EQ(packed, 1);
  model->prepare_beside_clip();
  EXPECT_EQ(packed, 1);
}

}  // namespace prepare_test
}  // namespace fcclip::model
