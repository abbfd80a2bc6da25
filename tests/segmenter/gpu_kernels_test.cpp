// A whole model through all that a GPU runs of ours, together, where there is none (ctest's
// segmenter.fake_cuda): the same functions on the host's tensors, launched by a stand-in for the driver.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/ops/cuda/ops.h"
#include "fcclip/segmenter/segmenter.h"
#include "tests/ops/every_implementation.h"
#include "tests/ops/fake_driver.h"
#include "tests/segmenter/small_model.h"
#include "tests/support/goldens.h"

namespace fcclip::segmenter {
namespace gpu_kernels_test {

using test::near;

// The mask decoder's heads are as wide as the published ones.
std::shared_ptr<model::Model> model_with_wide_heads() {
  model::Config config = test::small_config();
  config.mask_decoder.heads = config.mask_decoder.hidden_dim / 32;
  auto model = std::make_shared<model::Model>(config);
  model->clip->tokenizer = model::make_tokenizer(test::small_merges(), config.clip.text);
  model::fill_untrained(*model, 1);
  return model;
}

struct Answers {
  EncodedImage image;
  results::Segmentation panoptic, instances, semantic;
};

Answers answers(const at::Tensor& rgb) {
  const auto model = model_with_wide_heads();
  model->prepare(ops::Products::float32);
  const Segmenter segmenter(model, {.use_text_cache = false});
  classify::Vocabulary words;
  words.classes = {{1, {"cat", "the cat"}, true}, {2, {"hat"}, false}};
  const PreparedVocabulary vocabulary = segmenter.prepare(words);
  Answers found = {segmenter.encode(rgb, {64, 128})};
  AskOptions options = segmenter.ask_defaults();
  const auto ask = [&](results::Task task) {
    options.task = task;
    return segmenter.ask(found.image, vocabulary, options);
  };
  found.panoptic = ask(results::Task::panoptic);
  found.instances = ask(results::Task::instance);
  found.semantic = ask(results::Task::semantic);
  return found;
}

void expect_same_segments(const results::Segmentation& got, const results::Segmentation& want) {
  ASSERT_EQ(got.segments().size(), want.segments().size());
  for (size_t i = 0; i < want.segments().size(); ++i) {
    const results::Segment &a = got.segments()[i], &b = want.segments()[i];
    EXPECT_EQ(a.class_index, b.class_index);
    EXPECT_EQ(a.query, b.query);
    EXPECT_EQ(a.synonym, b.synonym);
    EXPECT_NEAR(a.score, b.score, 1e-4);
    EXPECT_NEAR(a.area_px, b.area_px, 3);
  }
}

TEST(GpuKernelsTogether, GiveTheProcessorsAnswer) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  at::manual_seed(51);
  const at::Tensor rgb = at::randint(0, 256, {48, 72, 3}, at::kByte);
  const ops::Implementation& aten = *ops::host_implementations().front();
  const Answers want = [&] {
    const ops::Forced forced(aten);
    return answers(rgb);
  }();
  ops::Implementation gpu = ops::cuda::implementation();
  gpu.device = c10::DeviceType::CPU;
  gpu.isa = aten.isa;
  const ops::Forced forced(gpu);
  const Answers got = answers(rgb);
  EXPECT_TRUE(near(got.image.mask_logits, want.image.mask_logits, 1e-4));
  EXPECT_TRUE(near(got.image.class_embed, want.image.class_embed, 1e-4));
  EXPECT_TRUE(near(got.image.clip_embed, want.image.clip_embed, 1e-4));
  expect_same_segments(got.panoptic, want.panoptic);
  expect_same_segments(got.instances, want.instances);
  expect_same_segments(got.semantic, want.semantic);
  EXPECT_FALSE(want.panoptic.segments().empty());
}

}  // namespace gpu_kernels_test
}  // namespace fcclip::segmenter
