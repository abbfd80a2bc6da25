#include <ATen/CPUGeneratorImpl.h>

#include "fcclip/core/error.h"
#include "tests/results/naive_results.h"
#include "tests/results/recorded_case.h"
#include "tests/support/errors.h"

namespace fcclip::results {
namespace semantic_test {

using test::different_pixels;
using test::golden;
using test::make_scene;
using test::near;
using test::Scene;

TEST(Semantic, EqualsRecordedOperatorCases) {
  FCCLIP_NEEDS_GOLDENS();
  const std::string file = "ops/postprocess.safetensors";
  const nlohmann::json document = test::golden_json("ops/postprocess.json");
  for (const nlohmann::json& c : document.at("cases")) {
    const std::string name = c.at("name");
    SCOPED_TRACE(name);
    const MaskSource masks = test::at_own_size(golden(file, name + ".mask_pred"));
    const at::Tensor labels = semantic_labels(masks, golden(file, name + ".mask_cls"));
    EXPECT_EQ(different_pixels(labels, golden(file, name + ".sem_seg.argmax")), 0);
  }
}

at::Tensor every_eighth(const at::Tensor& scores) {
  using at::indexing::None, at::indexing::Slice;
  return scores.index({Slice(), Slice(None, None, 8), Slice(None, None, 8)});
}

class RecordedSemantic : public ::testing::TestWithParam<test::CaseName> {};

TEST_P(RecordedSemantic, MasksAtTheOriginalSize) {
  FCCLIP_NEEDS_GOLDENS();
  const test::RecordedCase image = test::recorded_case(GetParam());
  const int64_t n = image.name == "astronaut" ? 8 : 4;
  std::vector<int64_t> queries;
  for (int64_t q = 0; q < n; ++q) queries.push_back(q);
  EXPECT_TRUE(near(full_size_masks(image.masks, queries),
                   golden(image.tensors, "mask_pred.first" + std::to_string(n)), 2e-6));
}

TEST_P(RecordedSemantic, LabelsWithinThreePixels) {
  FCCLIP_NEEDS_GOLDENS();
  const test::RecordedCase image = test::recorded_case(GetParam());
  const at::Tensor labels = semantic_labels(image.masks, image.log_probs);
  EXPECT_LE(different_pixels(labels, golden(image.tensors, "sem_seg.argmax")), 3);
}

TEST_P(RecordedSemantic, Scores) {
  FCCLIP_NEEDS_GOLDENS();
  const test::RecordedCase image = test::recorded_case(GetParam());
  const at::Tensor scores = semantic_scores(image.masks, image.log_probs);
  EXPECT_TRUE(near(every_eighth(scores), golden(image.tensors, "sem_seg.grid"), 5e-6));
}

TEST_P(RecordedSemantic, ScoresResizedLate) {
  FCCLIP_NEEDS_GOLDENS();
  const test::RecordedCase image = test::recorded_case(GetParam());
  const std::string file = image.folder + "/semantic_only_and_batch.safetensors";
  const at::Tensor scores = semantic_scores_resized_late(image.masks, image.log_probs);
  EXPECT_TRUE(near(every_eighth(scores), golden(file, image.name + ".sem_seg.grid"), 5e-6));
  const at::Tensor want = golden(file, image.name + ".sem_seg.argmax");
  EXPECT_LE(different_pixels(scores.argmax(0), want), 3);
  EXPECT_LE(different_pixels(semantic_labels_resized_late(image.masks, image.log_probs), want), 3);
}

INSTANTIATE_TEST_SUITE_P(Semantic, RecordedSemantic, test::kRecordedCases);

TEST(Resampling, CropAndResizeEqualsRecorded) {
  FCCLIP_NEEDS_GOLDENS();
  using at::indexing::None, at::indexing::Slice;
  const std::string file = "ops/resampling.safetensors";
  const at::Tensor x = golden(file, "sem_seg_postprocess.x");
  for (const std::string name : {"up", "down", "same"}) {
    SCOPED_TRACE(name);
    const at::Tensor args = golden(file, "sem_seg_postprocess." + name + ".args");
    const auto arg = [&](int64_t i) { return args[i].item<int64_t>(); };
    const MaskSource masks = {x, {x.size(1), x.size(2)}, {arg(0), arg(1)}, {arg(2), arg(3)}};
    const at::Tensor third = full_size_masks(masks, {0, 1, 2, 3})
                                 .index({Slice(), Slice(None, None, 3), Slice(None, None, 3)});
    EXPECT_TRUE(near(third, golden(file, "sem_seg_postprocess." + name + ".out"), 1e-6));
  }
}

TEST(Resampling, EachRecordedSize) {
  FCCLIP_NEEDS_GOLDENS();
  const std::string file = "ops/resampling.safetensors";
  const at::Tensor x = golden(file, "bilinear.x")[0];
  for (const Size size : {Size{13, 17}, {1, 1}, {26, 34}, {3, 40}, {50, 9}, {52, 68}, {7, 5}}) {
    const std::string name =
        "bilinear." + std::to_string(size.height) + "x" + std::to_string(size.width);
    SCOPED_TRACE(name);
    const MaskSource to_padded = {x, size, size, size};
    const MaskSource to_original = {x, {13, 17}, {13, 17}, size};
    EXPECT_TRUE(near(full_size_masks(to_padded, {0, 1, 2}), golden(file, name)[0], 3e-6));
    EXPECT_TRUE(near(full_size_masks(to_original, {0, 1, 2}), golden(file, name)[0], 3e-6));
  }
}

using Sizes = test::SceneSizes;

class SemanticSizes : public ::testing::TestWithParam<Sizes> {};

TEST_P(SemanticSizes, EqualsWholeImageTensors) {
  const Sizes p = GetParam();
  const Scene s = make_scene(p, 11);
  const at::Tensor want = test::naive_semantic_scores(s.masks, s.log_probs);
  EXPECT_TRUE(near(semantic_scores(s.masks, s.log_probs), want, 1e-5));
  // Where labels differ, the two best scores must be as good as equal.
  const at::Tensor labels = semantic_labels(s.masks, s.log_probs).to(at::kLong);
  const at::Tensor lost = std::get<0>(want.max(0)) - want.gather(0, labels.unsqueeze(0)).squeeze(0);
  EXPECT_LE(lost.max().item<float>(), 1e-5 * want.max().item<float>());
  EXPECT_LE(different_pixels(labels, want.argmax(0)), 3);
}

INSTANTIATE_TEST_SUITE_P(Semantic, SemanticSizes,
                         ::testing::Values(Sizes{20, 5, {32, 48}, {122, 183}, {125, 188}},
                                           Sizes{50, 13, {32, 48}, {128, 192}, {400, 600}},
                                           Sizes{12, 3000, {16, 16}, {64, 50}, {50, 39}},
                                           Sizes{9, 1, {16, 16}, {50, 64}, {77, 100}},
                                           Sizes{9, 4, {8, 8}, {32, 32}, {1, 1}},
                                           Sizes{9, 4, {8, 160}, {1, 640}, {1, 5000}},
                                           Sizes{1, 2, {24, 24}, {90, 96}, {300, 320}}));

TEST(Semantic, QueryOutsideIsNamed) {
  const Scene s = make_scene({4, 3, {8, 8}, {32, 32}, {32, 32}}, 5);
  EXPECT_ERROR(invalid_argument, "query 4 is not one of 4", full_size_masks(s.masks, {4}));
}

}  // namespace semantic_test
}  // namespace fcclip::results
