#include "fcclip/nn/weights.h"

#include <limits>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"

namespace fcclip::nn {
namespace {

struct Loaded {
  ErrorCode code;
  std::string message;
};

Loaded load_one(const at::Tensor& value) {
  at::Tensor member;
  WeightTable table;
  table.add("block.weight", member, {3, 5});
  try {
    load_weights(
        table, [&](const std::string&) { return value; }, at::kCPU);
  } catch (const Error& error) {
    return {error.code(), error.what()};
  }
  return {ErrorCode::internal, "no error"};
}

void expect_error_naming_the_tensor(const at::Tensor& value, ErrorCode code) {
  const Loaded loaded = load_one(value);
  EXPECT_EQ(loaded.code, code) << loaded.message;
  EXPECT_NE(loaded.message.find("block.weight"), std::string::npos) << loaded.message;
}

TEST(WeightTable, FindsRowsByName) {
  at::Tensor a, b;
  WeightTable table;
  table.add("a", a, {2});
  table.add("b", b, {}, WeightRole::norm);
  ASSERT_NE(table.find("b"), nullptr);
  EXPECT_EQ(table.find("b")->member, &b);
  EXPECT_EQ(table.find("b")->role, WeightRole::norm);
  EXPECT_EQ(table.find("c"), nullptr);
  EXPECT_EQ(table.rows().size(), 2u);
}

TEST(LoadWeights, SetsEveryMemberByItsName) {
  at::Tensor a, b;
  WeightTable table;
  table.add("a", a, {2});
  table.add("b", b, {});
  const auto source = [](const std::string& name) {
    return name == "a" ? at::full({2}, 3.0f) : at::scalar_tensor(4.0f, at::kFloat);
  };
  load_weights(table, source, at::kCPU);
  EXPECT_TRUE(a.equal(at::full({2}, 3.0f)));
  EXPECT_EQ(b.item<float>(), 4.0f);
}

TEST(LoadWeights, TakesFloat32WithoutACopyAndConvertsTheRest) {
  at::Tensor member;
  WeightTable table;
  table.add("w", member, {2});
  const at::Tensor given = at::ones({2});
  load_weights(
      table, [&](const std::string&) { return given; }, at::kCPU);
  EXPECT_TRUE(member.is_alias_of(given));
  load_weights(
      table, [&](const std::string&) { return given.to(at::kHalf); }, at::kCPU);
  EXPECT_EQ(member.scalar_type(), at::kFloat);
}

TEST(LoadWeights, MissingTensorIsNamed) {
  expect_error_naming_the_tensor(at::Tensor(), ErrorCode::missing_tensor);
}

TEST(LoadWeights, TensorOfAnotherShapeIsNamed) {
  expect_error_naming_the_tensor(at::zeros({5, 3}), ErrorCode::shape_mismatch);
}

TEST(LoadWeights, IntegersAreAnErrorThatNamesTheTensor) {
  expect_error_naming_the_tensor(at::zeros({3, 5}, at::kLong), ErrorCode::shape_mismatch);
}

TEST(LoadWeights, OneValueThatIsNotFiniteIsFoundWhereverItIs) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
        -std::numeric_limits<float>::infinity()}) {
    for (int64_t i = 0; i < 15; ++i) {
      at::Tensor value = at::ones({3, 5});
      value.view(-1)[i] = bad;
      expect_error_naming_the_tensor(value, ErrorCode::missing_tensor);
    }
  }
}

TEST(LoadWeights, LargestFiniteValuesAreAccepted) {
  EXPECT_EQ(load_one(at::full({3, 5}, std::numeric_limits<float>::max())).message, "no error");
}

}  // namespace
}  // namespace fcclip::nn
