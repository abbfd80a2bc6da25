#include "fcclip/core/check.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/support/errors.h"

namespace fcclip {
namespace {

std::string message_of(const std::function<void()>& call) {
  return test::message_of(ErrorCode::shape_mismatch, call);
}

TEST(ShapeString, WritesExtentsInBrackets) {
  EXPECT_EQ(shape_string({2, 3, 4}), "[2, 3, 4]");
  EXPECT_EQ(shape_string({}), "[]");
}

TEST(CheckShape, AcceptsTheShapeAndAnyExtent) {
  EXPECT_NO_THROW(check_shape("x", at::zeros({2, 3}), {2, 3}));
  EXPECT_NO_THROW(check_shape("x", at::zeros({2, 3}), {kAny, 3}));
  EXPECT_NO_THROW(check_shape("x", at::zeros({}), {}));
}

TEST(CheckShape, SaysWhatWasExpectedAndWhatCame) {
  EXPECT_EQ(message_of([] {
              check_shape("masks", at::zeros({2, 3}), {kAny, 4});
            }),
            "masks: expected shape [*, 4], got [2, 3]");
}

TEST(CheckShape, AnotherNumberOfAxesIsAnError) {
  EXPECT_EQ(message_of([] {
              check_shape("masks", at::zeros({2}), {kAny, kAny});
            }),
            "masks: expected shape [*, *], got [2]");
}

TEST(CheckShape, NoTensorIsAnError) {
  EXPECT_EQ(message_of([] { check_shape("masks", at::Tensor(), {2}); }),
            "masks: expected a tensor [2], got none");
}

TEST(CheckDtype, SaysWhatWasExpectedAndWhatCame) {
  EXPECT_NO_THROW(check_dtype("ids", at::zeros({1}, at::kLong), at::kLong));
  EXPECT_EQ(message_of([] { check_dtype("ids", at::zeros({1}), at::kLong); }),
            "ids: expected dtype Long, got Float");
}

}  // namespace
}  // namespace fcclip
