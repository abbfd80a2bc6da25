#include "fcclip/clip/text_tower.h"

#include <map>
#include <tuple>

#include <ATen/ATen.h>

#include "fcclip/core/error.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"

namespace fcclip::clip {
namespace {

using Rows = std::vector<std::vector<int64_t>>;

ClipConfig small_config(bool quick_gelu, int64_t layers = 3) {
  ClipConfig config;
  config.text = {24, 100, 48, 4, layers, quick_gelu};
  config.embed_dim = 20;
  return config;
}

TextTower small_tower(const ClipConfig& config) {
  TextTower tower(config);
  nn::WeightTable table;
  tower.declare(table, "clip");
  nn::load_weights(
      table,
      [&](const std::string& name) {
        const bool is_norm = table.find(name)->role == nn::WeightRole::norm;
        return test::formula_tensor("text", name, table.find(name)->shape, is_norm ? 0.8 : -0.3,
                                    is_norm ? 1.2 : 0.3);
      },
      at::kCPU);
  tower.prepare();
  return tower;
}

// Texts that share beginnings, repeat, differ in length, and carry ids behind their largest one.
Rows some_rows() {
  Rows rows;
  for (int64_t n = 0; n < 40; ++n) {
    std::vector<int64_t> row = {90, 1 + n % 3, 5, 6 + n % 4};
    for (int64_t i = 0; i < n % 17; ++i) row.push_back((7 * n + 3 * i * i) % 60);
    row.push_back(99);
    if (n % 5 == 0) row.insert(row.end(), {3, 99});
    rows.push_back(row);
  }
  rows.push_back(rows[7]);
  rows.push_back({99});
  return rows;
}

at::Tensor padded(const Rows& rows, int64_t length) {
  at::Tensor tokens = at::zeros({std::ssize(rows), length}, at::kLong);
  for (int64_t n = 0; n < std::ssize(rows); ++n) {
    tokens[n].narrow(0, 0, std::ssize(rows[n])).copy_(at::tensor(rows[n], at::kLong));
  }
  return tokens;
}

class TextTowerActivation : public ::testing::TestWithParam<bool> {};

TEST_P(TextTowerActivation, EncodeEqualsThePlainComputation) {
  for (const int64_t layers : {1, 3}) {
    const TextTower tower = small_tower(small_config(GetParam(), layers));
    const Rows rows = some_rows();
    EXPECT_TRUE(test::near(tower.encode(rows), tower.encode_padded(padded(rows, 24)),
                           test::kFeatureTolerance))
        << layers;
  }
}
INSTANTIATE_TEST_SUITE_P(GeluAndQuickGelu, TextTowerActivation, ::testing::Bool());

TEST(TextTower, EncodeIsTheSameInAnyOrderAndAlone) {
  const TextTower tower = small_tower(small_config(false));
  Rows rows = some_rows();
  const at::Tensor together = tower.encode(rows);
  EXPECT_TRUE(test::near(tower.encode({rows[11]}), together.narrow(0, 11, 1), 1e-5));
  std::reverse(rows.begin(), rows.end());
  EXPECT_TRUE(test::near(tower.encode(rows), together.flip(0), 1e-5));
}

TEST(TextTower, EncodeCutsManyTextsIntoSeveralTrees) {
  const TextTower tower = small_tower(small_config(false, 2));
  Rows rows;
  for (int64_t n = 0; n < 900; ++n) {
    rows.push_back({90, n % 30, n / 30, 4, (n * 7) % 50, 99});
  }
  EXPECT_TRUE(test::near(tower.encode(rows), tower.encode_padded(padded(rows, 6)),
                         test::kFeatureTolerance));
}

TEST(TextTower, NoTextsGiveNoFeatures) {
  EXPECT_EQ(small_tower(small_config(false)).encode({}).sizes(), (std::vector<int64_t>{0, 20}));
}

TEST(TextTower, RejectsWhatIsNoText) {
  const TextTower tower = small_tower(small_config(false));
  for (const Rows& rows :
       {Rows{{}}, Rows{{1, 100}}, Rows{{-1, 2}}, Rows{std::vector<int64_t>(25, 1)}}) {
    try {
      tower.encode(rows);
      FAIL() << "accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    }
  }
  EXPECT_ERROR(invalid_argument, "tokens: an id is outside [0, 100)",
               tower.encode_padded(at::full({1, 3}, 100, at::kLong)));
  EXPECT_ERROR(shape_mismatch, "tokens: 25 positions",
               tower.encode_padded(at::zeros({1, 25}, at::kLong)));
  EXPECT_ERROR(shape_mismatch, "tokens: expected dtype Long",
               tower.encode_padded(at::zeros({1, 3}, at::kInt)));
}

TEST(TextTower, RejectsImpossibleSizes) {
  ClipConfig config = small_config(false);
  config.text.heads = 5;
  EXPECT_ERROR(invalid_argument, "clip.text.width must be a multiple of heads", TextTower{config});
  config = small_config(false, 0);
  EXPECT_ERROR(invalid_argument, "clip.text.heads, layers: expected 1 to 1000, got 0",
               TextTower{config});
}

TEST(TextTower, ThePlainComputationHasGradients) {
  const ClipConfig config = small_config(false, 1);
  TextTower tower(config);
  nn::WeightTable table;
  tower.declare(table, "clip");
  nn::load_weights(
      table,
      [&](const std::string& name) {
        return test::formula_tensor("text", name, table.find(name)->shape, -0.3, 0.3);
      },
      at::kCPU);
  for (const nn::Weight& row : table.rows()) row.member->requires_grad_();
  tower.encode_padded(padded(some_rows(), 24)).sum().backward();
  for (const nn::Weight& row : table.rows()) {
    EXPECT_TRUE(row.name == "clip.logit_scale" || row.member->grad().defined()) << row.name;
  }
}

TEST(TextTower, WeightsAreAllButTheScale) {
  TextTower tower(small_config(false));
  nn::WeightTable table;
  tower.declare(table, "clip");
  EXPECT_EQ(tower.weights().size() + 1, table.rows().size());
}

// --- recorded reference -------------------------------------------------------------------------

struct Recorded {
  std::string folder;
  TextConfig text;
};

class TextTowerRecorded : public ::testing::TestWithParam<Recorded> {
 protected:
  void SetUp() override {
    FCCLIP_NEEDS_GOLDENS();
    ClipConfig config;
    config.text = GetParam().text;
    config.embed_dim = 64;
    tower = std::make_unique<TextTower>(config);
    nn::WeightTable table;
    tower->declare(table, "backbone.clip_model");
    nn::load_weights(table, test::formula_weights(GetParam().folder), at::kCPU);
    tower->prepare();
  }
  at::Tensor recorded(const std::string& file, const std::string& name) const {
    return test::golden(GetParam().folder + "/" + file + ".safetensors", name);
  }
  std::unique_ptr<TextTower> tower;
};

TEST_P(TextTowerRecorded, EveryStageOfThePlainComputation) {
  FCCLIP_NEEDS_GOLDENS();
  std::map<std::string, at::Tensor> seen;
  tower->encode_padded(recorded("text", "tokens"), [&](std::string_view name, const at::Tensor& x) {
    seen[std::string(name)] = x;
  });
  for (const std::string name :
       {"layer0.attn", "layer0.out", "layer1.out", "ln_final", "text_features"}) {
    EXPECT_TRUE(test::near(seen[name], recorded("text", name), test::kFeatureTolerance)) << name;
  }
}

TEST_P(TextTowerRecorded, FeaturesOfUnpaddedTexts) {
  FCCLIP_NEEDS_GOLDENS();
  const at::Tensor tokens = recorded("text", "tokens");
  Rows rows;
  for (int64_t n = 0; n < tokens.size(0); ++n) {
    const int64_t* row = tokens[n].const_data_ptr<int64_t>();
    rows.emplace_back(row, row + tokens.size(1));
  }
  EXPECT_TRUE(
      test::near(tower->encode(rows), recorded("text", "text_features"), test::kFeatureTolerance));
}

INSTANTIATE_TEST_SUITE_P(Models, TextTowerRecorded,
                         ::testing::Values(Recorded{"tiny-convnext", {77, 49408, 64, 2, 2, false}},
                                           Recorded{"tiny-resnet", {77, 49408, 128, 2, 2, true}}),
                         [](const auto& info) { return info.index == 0 ? "convnext" : "resnet"; });

}  // namespace
}  // namespace fcclip::clip
