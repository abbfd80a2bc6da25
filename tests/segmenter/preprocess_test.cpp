#include "fcclip/segmenter/preprocess.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/image/image_file.h"
#include "fcclip/ops/resize_u8.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"
#include "tests/support/sha256.h"

namespace fcclip::segmenter {
namespace {

using test::golden;
using test::golden_json;

at::Tensor source_picture(const nlohmann::json& entry) {
  return image::read_rgb(test::goldens_folder() / "images" / entry.at("source").get<std::string>());
}

Size size_of(const nlohmann::json& hw) {
  return {hw.at(0), hw.at(1)};
}

TEST(Preprocess, ResizesAsTheReferenceBitForBit) {
  FCCLIP_NEEDS_GOLDENS();
  const nlohmann::json cases = golden_json("preprocess/preprocess.json").at("resize");
  ASSERT_EQ(cases.size(), 10u);
  for (const nlohmann::json& entry : cases) {
    const std::string output = entry.at("output");
    const at::Tensor rgb = source_picture(entry);
    const NetworkInput input = preprocess(rgb, {}, entry.at("short"), entry.at("max"));
    EXPECT_EQ(input.resized_size, size_of(entry.at("hw"))) << output;
    const at::Tensor want = image::read_rgb(test::goldens_folder() / "preprocess" / output);
    EXPECT_TRUE(input.resized.equal(want)) << output;
    if (entry.contains("padded_hw")) {
      EXPECT_EQ(input.padded_size, size_of(entry.at("padded_hw")));
      const at::Tensor pixels =
          golden("preprocess/normalized.safetensors", output + ".normalized_padded");
      EXPECT_TRUE(input.pixels.permute({0, 3, 1, 2}).equal(pixels)) << output;
    }
  }
}

TEST(Preprocess, LargePicturesAgreeToTheLastByte) {
  FCCLIP_NEEDS_GOLDENS();
  const nlohmann::json cases = golden_json("preprocess/preprocess.json").at("large");
  ASSERT_EQ(cases.size(), 3u);
  for (const nlohmann::json& entry : cases) {
    const at::Tensor resized =
        preprocess(source_picture(entry), {}, entry.at("short"), entry.at("max")).resized;
    EXPECT_EQ(resized.size(0), entry.at("out_hw").at(0).get<int64_t>());
    for (const nlohmann::json& sample : entry.at("samples_yx_rgb")) {
      for (int c = 0; c < 3; ++c) {
        ASSERT_EQ(resized[sample[0].get<int64_t>()][sample[1].get<int64_t>()][c].item<int>(),
                  sample[2 + c].get<int>());
      }
    }
    const std::string_view bytes(static_cast<const char*>(resized.data_ptr()), resized.numel());
    EXPECT_EQ(test::sha256(bytes), entry.at("sha256_of_rgb_bytes").get<std::string>());
  }
}

TEST(Preprocess, SizesAreTheReferences) {
  FCCLIP_NEEDS_GOLDENS();
  const nlohmann::json cases = golden_json("preprocess/preprocess.json").at("output_shape");
  ASSERT_GT(cases.size(), 20u);
  for (const nlohmann::json& entry : cases) {
    EXPECT_EQ(resized_size(size_of(entry.at("hw")), entry.at("short"), entry.at("max")),
              size_of(entry.at("out_hw")))
        << entry;
  }
}

TEST(Preprocess, NetworkInputsOfTheRecordedModels) {
  FCCLIP_NEEDS_GOLDENS();
  for (const std::string model : {"tiny-convnext", "tiny-resnet"}) {
    const nlohmann::json pictures = golden_json(model + "/config.json").at("images");
    ASSERT_EQ(pictures.size(), 2u);
    for (const nlohmann::json& entry : pictures) {
      const std::string file = entry.at("file");
      const std::string tensors = model + "/" + file.substr(0, file.find('_')) + ".safetensors";
      const at::Tensor rgb = image::read_rgb(test::goldens_folder() / "images" / file);
      const NetworkInput input = preprocess(rgb, {}, entry.at("short"), entry.at("max"));
      EXPECT_TRUE(input.resized.permute({2, 0, 1}).equal(golden(tensors, "image.resized")));
      EXPECT_TRUE(input.pixels.permute({0, 3, 1, 2}).equal(golden(tensors, "image.padded")));
    }
  }
}

/// Flip, resize and crop of one recorded training augmentation, up to its padding.
at::Tensor jittered(at::Tensor pixels, const nlohmann::json& transforms, bool ids) {
  for (const nlohmann::json& step : transforms) {
    if (step.at("type") == "HFlipTransform") pixels = pixels.flip({1});
    if (step.at("type") == "ResizeTransform") {
      const Size size{step.at("new_h"), step.at("new_w")};
      pixels = ids ? ops::resize_nearest(pixels, size) : ops::resize_bilinear_u8(pixels, size);
    }
    if (step.at("type") == "CropTransform") {
      const int64_t y = step.at("y0"), x = step.at("x0");
      pixels = pixels.slice(0, y, y + step.at("h").get<int64_t>())
                   .slice(1, x, x + step.at("w").get<int64_t>());
    }
  }
  return pixels;
}

TEST(Preprocess, ResizesOfTheTrainingAugmentation) {
  FCCLIP_NEEDS_GOLDENS();
  const auto folder = test::goldens_folder() / "preprocess";
  const nlohmann::json cases = golden_json("preprocess/preprocess.json").at("lsj");
  ASSERT_EQ(cases.size(), 4u);
  for (const nlohmann::json& entry : cases) {
    const at::Tensor ids = image::read_rgb(folder / entry.at("source_ids").get<std::string>());
    for (const bool of_ids : {false, true}) {
      const at::Tensor got =
          jittered(of_ids ? ids : source_picture(entry), entry.at("transforms"), of_ids);
      const at::Tensor want =
          image::read_rgb(folder / entry.at(of_ids ? "ids" : "image").get<std::string>());
      EXPECT_TRUE(got.equal(want.narrow(0, 0, got.size(0)).narrow(1, 0, got.size(1)))) << entry;
    }
  }
}

TEST(Preprocess, PadsWithZerosToTheDivisor) {
  const at::Tensor rgb = at::full({10, 7, 3}, 200, at::kByte);
  model::PixelConfig config;
  config.size_divisor = 16;
  const NetworkInput input = preprocess(rgb, config, 14, 100);
  EXPECT_EQ(input.original_size, (Size{10, 7}));
  EXPECT_EQ(input.resized_size, (Size{20, 14}));
  EXPECT_EQ(input.padded_size, (Size{32, 16}));
  EXPECT_EQ(input.pixels.sizes(), (at::IntArrayRef{1, 32, 16, 3}));
  EXPECT_EQ(input.pixels.slice(1, 20).abs().max().item<float>(), 0);
  EXPECT_EQ(input.pixels.slice(2, 14).abs().max().item<float>(), 0);
  EXPECT_FLOAT_EQ(input.pixels[0][19][13][1].item<float>(), (200 - 116.7460125f) / 66.6321579f);
}

TEST(Preprocess, PicturesOfTheNetworksSizeAreNormalisedAlike) {
  at::manual_seed(5);
  const at::Tensor rgb = at::randint(0, 256, {2, 32, 64, 3}, at::kByte);
  const model::PixelConfig config;
  const at::Tensor got = network_input(rgb, config, at::kCPU);
  const auto of_channels = [](const std::array<double, 3>& values) {
    return at::tensor(values, at::kDouble).to(at::kFloat);
  };
  EXPECT_TRUE(
      got.equal(rgb.to(at::kFloat).sub(of_channels(config.mean)).div_(of_channels(config.std))));
  EXPECT_TRUE(got.narrow(0, 1, 1).equal(preprocess(rgb[1], config, 32, 64).pixels));
}

TEST(Preprocess, ThinPicturesKeepOnePixel) {
  EXPECT_EQ(resized_size({1, 5000}, 800, 1333), (Size{1, 1333}));
  const NetworkInput input = preprocess(at::full({1, 5000, 3}, 9, at::kByte), {}, 800, 1333);
  EXPECT_EQ(input.padded_size, (Size{32, 1344}));
  EXPECT_TRUE(input.resized.eq(9).all().item<bool>());
  EXPECT_EQ(preprocess(at::zeros({1, 1, 3}, at::kByte), {}, 800, 1333).resized_size,
            (Size{800, 800}));
}

TEST(Preprocess, RefusesWhatIsNotAPicture) {
  EXPECT_ERROR(shape_mismatch, "picture: expected dtype Byte",
               preprocess(at::zeros({4, 4, 3}), {}, 8, 8));
  EXPECT_ERROR(shape_mismatch, "picture: expected shape [*, *, 3]",
               preprocess(at::zeros({4, 4}, at::kByte), {}, 8, 8));
  EXPECT_ERROR(shape_mismatch, "picture is [0, 4, 3], expected at least one pixel",
               preprocess(at::zeros({0, 4, 3}, at::kByte), {}, 8, 8));
  EXPECT_ERROR(invalid_argument, "cannot resize 4 x 4 pixels (height x width) to a shorter side",
               preprocess(at::zeros({4, 4, 3}, at::kByte), {}, 0, 8));
}

}  // namespace
}  // namespace fcclip::segmenter
