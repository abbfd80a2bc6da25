#include "tests/support/cuda.h"

#include <ATen/ATen.h>

#include "fcclip/model/model.h"
#include "fcclip/segmenter/segmenter.h"
#include "tests/segmenter/small_model.h"

namespace fcclip::segmenter {
namespace {

results::Segmentation segment(const std::filesystem::path& model, const std::string& device,
                              const at::Tensor& rgb, results::Task task) {
  SegmenterOptions options;
  options.device = device;
  options.cache_folder = model.parent_path() / ("cache-" + device);
  const Segmenter segmenter = Segmenter::load(model, options);
  classify::Vocabulary words;
  words.classes = {{1, {"cat", "kitty"}, true}, {2, {"sky"}, false}, {3, {"the hat"}, true}};
  AskOptions ask = segmenter.ask_defaults();
  ask.task = task;
  return segmenter.ask(segmenter.encode(rgb), segmenter.prepare(words), ask);
}

class CudaSegmenter : public ::testing::TestWithParam<results::Task> {};

TEST_P(CudaSegmenter, FindsWhatTheProcessorFinds) {
  FCCLIP_NEEDS_CUDA();
  at::globalContext().setAllowTF32CuDNN(false);
  const test::TemporaryFile file("model.safetensors");
  model::save(file.path(), *test::small_model());
  at::manual_seed(1);
  const at::Tensor rgb = at::randint(0, 256, {96, 130, 3}, at::kByte);
  const results::Segmentation cpu = segment(file.path(), "cpu", rgb, GetParam());
  const results::Segmentation cuda = segment(file.path(), "cuda", rgb, GetParam());
  ASSERT_EQ(cuda.segments().size(), cpu.segments().size());
  for (size_t i = 0; i < cpu.segments().size(); ++i) {
    EXPECT_EQ(cuda.segments()[i].name, cpu.segments()[i].name);
    EXPECT_NEAR(cuda.segments()[i].score, cpu.segments()[i].score, 1e-3);
  }
  const auto same = [](const at::Tensor& a, const at::Tensor& b) {
    return a.cpu().eq(b).to(at::kFloat).mean().item<double>();
  };
  if (GetParam() == results::Task::panoptic) {
    EXPECT_GT(same(cuda.panoptic().ids, cpu.panoptic().ids), 0.999);
  } else if (GetParam() == results::Task::semantic) {
    EXPECT_GT(same(cuda.semantic().labels, cpu.semantic().labels), 0.999);
  }
}

// The first picture of a size is launched operation by operation, the second recorded, the third replayed.
TEST(CudaSegmenters, APictureIsTheSameLaunchedRecordedAndReplayed) {
  FCCLIP_NEEDS_CUDA();
  const test::TemporaryFile file("model.safetensors");
  model::save(file.path(), *test::small_model());
  std::vector<std::string> told;
  const auto log = [&](LogLevel, const std::string& text) { told.push_back(text); };
  const Segmenter segmenter =
      Segmenter::load(file.path(), {.device = "cuda", .use_text_cache = false, .log = log});
  at::manual_seed(1);
  const at::Tensor rgb = at::randint(0, 256, {96, 130, 3}, at::kByte);
  const at::Tensor other = at::randint(0, 256, {96, 130, 3}, at::kByte);
  const EncodedImage plain = segmenter.encode(rgb);
  for (int times = 0; times < 2; ++times) {
    const EncodedImage again = segmenter.encode(rgb);
    segmenter.encode(other);
    EXPECT_TRUE(at::allclose(again.mask_logits, plain.mask_logits, 1e-4, 1e-4));
    EXPECT_TRUE(at::allclose(again.clip_embed, plain.clip_embed, 1e-4, 1e-4));
    EXPECT_TRUE(again.valid.equal(plain.valid));
  }
  EXPECT_TRUE(told.empty());
}

INSTANTIATE_TEST_SUITE_P(Tasks, CudaSegmenter,
                         ::testing::Values(results::Task::panoptic, results::Task::instance,
                                           results::Task::semantic));

}  // namespace
}  // namespace fcclip::segmenter
