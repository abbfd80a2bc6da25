#include "fcclip/model/int8_weights.h"

#include <limits>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/model/convert.h"
#include "fcclip/model/file_summary.h"
#include "fcclip/model/model_file.h"
#include "tests/segmenter/small_model.h"
#include "tests/support/errors.h"

namespace fcclip::model {
namespace int8_weights_test {

using test::TemporaryFile;

TEST(Int8Weights, AreWithinHalfAScale) {
  at::manual_seed(1);
  at::Tensor weight =
      at::randn({6, 5, 3, 3}) *
      at::tensor({1.0, 1e-6, 100.0, 0.0, 1.0, 1.0}).to(at::kFloat).view({6, 1, 1, 1});
  weight[4].fill_(-3);
  const Int8Weight small = to_int8(weight);
  EXPECT_EQ(small.numbers.scalar_type(), at::kChar);
  EXPECT_EQ(small.scales.sizes(), (std::vector<int64_t>{6}));
  EXPECT_EQ(small.numbers.abs().max().item<int64_t>(), 127);
  const at::Tensor back = from_int8("w", small);
  const at::Tensor allowed = small.scales.view({6, 1, 1, 1}) * 0.5001;
  EXPECT_TRUE(((back - weight).abs() <= allowed).all().item<bool>());
  EXPECT_TRUE(back[3].eq(0).all().item<bool>());
  EXPECT_TRUE(back[4].allclose(weight[4]));
  EXPECT_TRUE(to_int8(back).numbers.equal(small.numbers)) << "a second time changes nothing";
}

TEST(Int8Weights, AreLargeMatricesAlone) {
  at::Tensor member;
  const auto chosen = [&](std::vector<int64_t> shape, nn::WeightRole role) {
    return is_stored_as_int8({"w", &member, std::move(shape), role});
  };
  EXPECT_TRUE(chosen({256, 256}, nn::WeightRole::weight));
  EXPECT_TRUE(chosen({2088, 256}, nn::WeightRole::embedding));
  EXPECT_TRUE(chosen({96, 1, 7, 7}, nn::WeightRole::weight));
  EXPECT_FALSE(chosen({4096}, nn::WeightRole::weight));
  EXPECT_FALSE(chosen({64, 63}, nn::WeightRole::weight));
  EXPECT_FALSE(chosen({4096, 4}, nn::WeightRole::weight));
}

class Int8File : public ::testing::Test {
 protected:
  Int8File() : model_(test::small_model()) { save(file_.path(), *model_, at::kChar); }
  // Of the file with this change.
  template <typename Change>
  void expect_refused(ErrorCode code, const std::string& says, const Change& change) {
    const io::SafetensorsFile saved(file_.path());
    std::map<std::string, at::Tensor> tensors;
    for (const std::string& name : saved.names()) tensors[name] = saved.tensor(name).clone();
    change(tensors);
    const TemporaryFile damaged("damaged.safetensors");
    io::save_safetensors(damaged.path(), {tensors.begin(), tensors.end()}, saved.metadata());
    for (const bool converts : {false, true}) {
      const std::string message = test::message_of(code, [&] {
        if (converts) {
          convert({.checkpoints = {damaged.path()}});
        } else {
          load_model(damaged.path(), at::kCPU);
        }
      });
      EXPECT_NE(message.find(says), std::string::npos) << message;
      EXPECT_NE(message.find("damaged.safetensors"), std::string::npos) << message;
    }
  }
  const std::string kMatrix = "sem_seg_head.predictor.transformer_ffn_layers.0.linear1.weight";
  const TemporaryFile file_{"m.safetensors"};
  std::shared_ptr<Model> model_;
};

TEST_F(Int8File, LoadsEverywhereAsWhatItStandsFor) {
  const std::shared_ptr<Model> loaded = load_model(file_.path(), at::kCPU);
  const std::shared_ptr<Model> converted = convert({.checkpoints = {file_.path()}}).model;
  int64_t rounded = 0;
  for (const nn::Weight& row : model_->weights().rows()) {
    const at::Tensor value = *loaded->weights().find(row.name)->member;
    EXPECT_TRUE(value.equal(*converted->weights().find(row.name)->member)) << row.name;
    if (!is_stored_as_int8(row)) {
      EXPECT_TRUE(value.equal(*row.member)) << row.name;
      continue;
    }
    ++rounded;
    const double largest = row.member->abs().max().item<double>();
    EXPECT_LE((value - *row.member).abs().max().item<double>(), largest / 254 * 1.001) << row.name;
  }
  EXPECT_GT(rounded, 10);
  const auto text = load_clip(file_.path())->text_tower.weights();
  EXPECT_TRUE(text.back().equal(loaded->clip->text_tower.weights().back()));
}

TEST_F(Int8File, IsSmallAndInfoSaysSo) {
  const TemporaryFile whole("m.safetensors");
  save(whole.path(), *model_);
  const FileSummary small = summarize_file(file_.path()), large = summarize_file(whole.path());
  EXPECT_EQ(small.parameters, large.parameters);
  EXPECT_EQ(small.tensors, large.tensors);
  EXPECT_LT(small.file_bytes, large.file_bytes * 6 / 10);  // much of a tiny model is small tensors
  EXPECT_GT(small.dtypes.at("8 bits with scales"), 10);
  EXPECT_FALSE(large.dtypes.contains("8 bits with scales"));
  EXPECT_EQ(small.kind, FileKind::model_file);
}

TEST_F(Int8File, SaysWhatIsWrongWithItsScales) {
  const std::string scales = int8_scale_name(kMatrix);
  using Tensors = std::map<std::string, at::Tensor>;
  ASSERT_TRUE(io::SafetensorsFile(file_.path()).contains(scales));
  expect_refused(ErrorCode::missing_tensor, "scales", [&](Tensors& t) { t.erase(scales); });
  expect_refused(ErrorCode::shape_mismatch, scales,
                 [&](Tensors& t) { t[scales] = t[scales].slice(0, 1).contiguous(); });
  expect_refused(ErrorCode::shape_mismatch, scales,
                 [&](Tensors& t) { t[scales] = t[scales].to(at::kHalf); });
  expect_refused(ErrorCode::bad_format, "negative or not finite",
                 [&](Tensors& t) { t[scales][0] = -1; });
  expect_refused(ErrorCode::bad_format, "negative or not finite",
                 [&](Tensors& t) { t[scales][1] = std::numeric_limits<float>::quiet_NaN(); });
}

TEST_F(Int8File, ScalesWithoutNumbersAreSurplus) {
  const io::SafetensorsFile saved(file_.path());
  io::NamedTensors tensors = {{"a.int8_scale", at::ones({3})}};
  for (const std::string& name : saved.names()) tensors.emplace_back(name, saved.tensor(name));
  const TemporaryFile other("other.safetensors");
  io::save_safetensors(other.path(), tensors, saved.metadata());
  EXPECT_ERROR(missing_tensor, "a.int8_scale", load_model(other.path(), at::kCPU));
}

}  // namespace int8_weights_test
}  // namespace fcclip::model
