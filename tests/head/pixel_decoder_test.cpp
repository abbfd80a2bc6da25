#include "fcclip/head/pixel_decoder.h"

#include <map>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>

#include "fcclip/core/error.h"
#include "tests/ops/every_implementation.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"
#include "tests/support/gradient.h"

namespace fcclip::head {
namespace pixel_decoder_test {

using test::golden;
using test::near;

constexpr const char* kPrefix = "sem_seg_head.pixel_decoder";

PixelDecoderConfig tiny_config(std::vector<int64_t> in_channels) {
  return {.in_channels = std::move(in_channels),
          .conv_dim = 64,
          .mask_dim = 64,
          .encoder_layers = 2,
          .heads = 4};
}

// Weights of any configuration without a file.
void fill(PixelDecoder& decoder) {
  nn::WeightTable table;
  decoder.declare(table, kPrefix);
  for (const nn::Weight& row : table.rows()) {
    const bool scale = row.role == nn::WeightRole::norm && row.name.ends_with("weight");
    const bool offsets = row.name.ends_with("sampling_offsets.bias");
    const double range = offsets ? 2 : 0.15;
    *row.member = test::formula_tensor("test:", row.name, row.shape, scale ? 0.5 : -range,
                                       scale ? 1.5 : range);
  }
}

BackboneFeatures made_up_features(const PixelDecoderConfig& config, int64_t batch, Size at_32) {
  at::Generator generator = at::detail::createCPUGenerator(6);
  const auto map = [&](int64_t scale, size_t i) {
    return at::randn({batch, at_32.height * scale, at_32.width * scale, config.in_channels[i]},
                     generator, at::kFloat);
  };
  return {map(8, 0), map(4, 1), map(2, 2), map(1, 3)};
}

struct Recorded {
  std::string model, image;
  std::string file() const { return model + "/" + image + ".safetensors"; }
};

void PrintTo(const Recorded& recorded, std::ostream* out) {
  *out << recorded.file();
}

class PixelDecoderGolden : public ::testing::TestWithParam<Recorded> {
 protected:
  PixelDecoder decoder() const {
    const bool resnet = GetParam().model == "tiny-resnet";
    PixelDecoder decoder(tiny_config(resnet ? std::vector<int64_t>{64, 128, 256, 512}
                                            : std::vector<int64_t>{16, 32, 64, 128}));
    nn::WeightTable table;
    decoder.declare(table, kPrefix);
    nn::load_weights(table, test::formula_weights(GetParam().model), at::kCPU);
    decoder.prepare();
    return decoder;
  }

  BackboneFeatures features() const {
    const auto map = [&](const char* name) {
      return golden(GetParam().file(), name).permute({0, 2, 3, 1}).contiguous();
    };
    return {map("backbone.res2"), map("backbone.res3"), map("backbone.res4"), map("backbone.res5")};
  }

  void expect_recorded(const PixelFeatures& got) const {
    const std::string file = GetParam().file();
    EXPECT_TRUE(near(reference_layout(got.mask_features),
                     golden(file, "pixel_decoder.mask_features"), test::kFeatureTolerance));
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_TRUE(near(reference_layout(got.levels[i]),
                       golden(file, "pixel_decoder.multi_scale." + std::to_string(i)),
                       test::kFeatureTolerance));
    }
  }
};

TEST_P(PixelDecoderGolden, ThePackedPathGivesTheReferencesFeatures) {
  FCCLIP_NEEDS_GOLDENS();
  const c10::InferenceMode guard;
  expect_recorded(decoder().forward(features()));
}

TEST_P(PixelDecoderGolden, TheDifferentiablePathGivesTheReferencesFeatures) {
  FCCLIP_NEEDS_GOLDENS();
  expect_recorded(decoder().forward(features()));
}

TEST_P(PixelDecoderGolden, EveryTracedTensorIsTheReferences) {
  FCCLIP_NEEDS_GOLDENS();
  const c10::InferenceMode guard;
  std::map<std::string, at::Tensor> traced;
  decoder().forward(features(), [&](std::string_view name, const at::Tensor& value) {
    traced[std::string(name)] = value;
  });
  // The second images have only the results recorded.
  std::vector<std::string> names = {"pixel_decoder.encoder.out", "pixel_decoder.mask_features"};
  for (const std::string level : {"0", "1", "2"}) {
    names.push_back("pixel_decoder.multi_scale." + level);
    if (GetParam().image != "astronaut") continue;
    names.insert(names.end(), {"pixel_decoder.input_proj." + level, "pixel_decoder.pos." + level});
  }
  if (GetParam().image == "astronaut") {
    for (const char* part : {"query", "reference_points", "core.value", "core.sampling_locations",
                             "core.attention_weights", "core.out", "out"}) {
      names.push_back(std::string("msda0.") + part);
    }
    for (const char* part : {"encoder.level_start_index", "encoder.spatial_shapes", "encoder.pos",
                             "encoder.layer0.out", "adapter_1", "layer_1"}) {
      names.push_back(std::string("pixel_decoder.") + part);
    }
  }
  for (const std::string& name : names) {
    EXPECT_TRUE(near(traced[name], golden(GetParam().file(), name), test::kFeatureTolerance))
        << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Recorded, PixelDecoderGolden,
                         ::testing::Values(Recorded{"tiny-convnext", "astronaut"},
                                           Recorded{"tiny-convnext", "chelsea"},
                                           Recorded{"tiny-resnet", "astronaut"},
                                           Recorded{"tiny-resnet", "chelsea"}));

void expect_equal(const PixelFeatures& got, const PixelFeatures& want, double tolerance) {
  EXPECT_TRUE(near(got.mask_features, want.mask_features, tolerance));
  for (size_t i = 0; i < 3; ++i) EXPECT_TRUE(near(got.levels[i], want.levels[i], tolerance));
}

TEST(PixelDecoder, ThePackedPathEqualsTheDifferentiableOneAtThePublishedWidth) {
  PixelDecoderConfig config;
  config.encoder_layers = 2;
  PixelDecoder decoder(config);
  fill(decoder);
  const BackboneFeatures features = made_up_features(config, 1, {5, 7});
  const PixelFeatures want = decoder.forward(features);
  const c10::InferenceMode guard;
  ops::with_every_implementation([&] {
    decoder.prepare();
    expect_equal(decoder.forward(features), want, 1e-5);
  });
}

TEST(PixelDecoder, ABatchIsItsImagesOneByOne) {
  const PixelDecoderConfig config = tiny_config({8, 16, 24, 32});
  PixelDecoder decoder(config);
  fill(decoder);
  decoder.prepare();
  const c10::InferenceMode guard;
  const BackboneFeatures both = made_up_features(config, 2, {3, 5});
  const PixelFeatures want = decoder.forward(both);
  for (int64_t image = 0; image < 2; ++image) {
    const auto one = [&](const at::Tensor& x) { return x.narrow(0, image, 1); };
    const PixelFeatures got =
        decoder.forward({one(both.res2), one(both.res3), one(both.res4), one(both.res5)});
    expect_equal(
        got,
        {one(want.mask_features), {one(want.levels[0]), one(want.levels[1]), one(want.levels[2])}},
        1e-6);
    EXPECT_TRUE(got.levels[0].is_contiguous());
  }
}

// 8 bits are for towers: places to look at and masks keep all digits.
TEST(PixelDecoder, AskedForInt8ItStaysExact) {
  const PixelDecoderConfig config = tiny_config({8, 16, 24, 32});
  PixelDecoder decoder(config);
  fill(decoder);
  const BackboneFeatures features = made_up_features(config, 1, {3, 5});
  const c10::InferenceMode guard;
  decoder.prepare();
  const PixelFeatures want = decoder.forward(features);
  decoder.prepare(ops::Products::int8);
  const PixelFeatures got = decoder.forward(features);
  EXPECT_TRUE(got.mask_features.equal(want.mask_features));
  EXPECT_TRUE(got.levels[0].equal(want.levels[0]));
}

TEST(PixelDecoder, WithoutPrepareItTakesTheDifferentiablePath) {
  const PixelDecoderConfig config = tiny_config({8, 16, 24, 32});
  PixelDecoder decoder(config);
  fill(decoder);
  const BackboneFeatures features = made_up_features(config, 1, {2, 3});
  const PixelFeatures want = decoder.forward(features);
  const c10::InferenceMode guard;
  expect_equal(decoder.forward(features), want, 1e-6);
}

TEST(PixelDecoder, ASingleTokenPerLevelWorks) {
  const PixelDecoderConfig config = tiny_config({8, 16, 24, 32});
  PixelDecoder decoder(config);
  fill(decoder);
  decoder.prepare();
  BackboneFeatures features = made_up_features(config, 1, {1, 1});
  features.res3 = features.res3.narrow(1, 0, 1).narrow(2, 0, 1).contiguous();
  features.res4 = features.res4.narrow(1, 0, 1).narrow(2, 0, 1).contiguous();
  const PixelFeatures want = decoder.forward(features);
  const c10::InferenceMode guard;
  expect_equal(decoder.forward(features), want, 1e-5);
}

TEST(PixelDecoder, GradientsReachEveryWeightAndEqualFiniteDifferences) {
  const PixelDecoderConfig config = tiny_config({8, 16, 24, 32});
  PixelDecoder decoder(config);
  fill(decoder);
  nn::WeightTable table;
  decoder.declare(table, kPrefix);
  for (const nn::Weight& row : table.rows()) row.member->set_requires_grad(true);
  const BackboneFeatures features = made_up_features(config, 1, {2, 3});
  const auto loss = [&] {
    const PixelFeatures out = decoder.forward(features);
    return (out.mask_features.square().mean() + out.levels[0].sin().mean() +
            out.levels[1].cos().mean());
  };
  loss().backward();
  for (const nn::Weight& row : table.rows()) {
    ASSERT_TRUE(row.member->grad().defined()) << row.name;
    EXPECT_GT(row.member->grad().abs().max().item<double>(), 0) << row.name;
  }
  // Float has too few digits to look at one weight at a time: one step along the gradient of all.
  double expected = 0;
  std::vector<at::Tensor> weights, directions;
  for (const nn::Weight& row : table.rows()) {
    weights.push_back(*row.member);
    directions.push_back(row.member->grad());
    expected += row.member->grad().square().sum().item<double>();
  }
  const double slope = test::central_difference([&] { return loss().item<double>(); }, weights,
                                                directions, 1e-3 / std::sqrt(expected));
  EXPECT_NEAR(slope / expected, 1, 0.02);
}

TEST(PixelDecoder, InputsOfAnotherShapeAreErrorsThatNameThem) {
  const PixelDecoderConfig config = tiny_config({8, 16, 24, 32});
  PixelDecoder decoder(config);
  fill(decoder);
  BackboneFeatures features = made_up_features(config, 1, {2, 3});
  features.res4 = features.res4.narrow(3, 0, 23);
  try {
    decoder.forward(features);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::shape_mismatch);
    EXPECT_NE(std::string(error.what()).find("res4"), std::string::npos);
  }
}

TEST(PixelDecoder, SizesThatDoNotFitAreRefused) {
  PixelDecoderConfig config = tiny_config({8, 16, 24, 32});
  config.heads = 5;
  EXPECT_ERROR(invalid_argument, "pixel_decoder.conv_dim must be a multiple of heads",
               PixelDecoder{config});
  config = tiny_config({8, 16, 24});
  EXPECT_ERROR(invalid_argument, "pixel_decoder.in_channels must be those of res2 to res5",
               PixelDecoder{config});
}

}  // namespace pixel_decoder_test
}  // namespace fcclip::head
