#include "fcclip/ops/dispatch.h"

#include <cstdlib>
#include <set>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/ops/cpu/kernel_table.h"
#include "fcclip/ops/implementations.h"
#include "tests/ops/every_implementation.h"

namespace fcclip::ops {
namespace dispatch_test {

TEST(Dispatch, EachAvailableInstructionSetHasItsOwnTable) {
  for (const Isa isa : available_isas()) EXPECT_EQ(kernels(isa).isa, isa);
}

TEST(Dispatch, TheProcessorHasAtenAndEveryInstructionSet) {
  std::vector<std::string_view> names;
  for (const Implementation* one : host_implementations()) names.push_back(one->name);
  std::vector<std::string_view> want = {"aten"};
  for (const Isa isa : available_isas()) want.push_back(name(isa));
  EXPECT_EQ(names, want);
}

TEST(Dispatch, TheDefaultIsThePreferredInstructionSet) {
  EXPECT_EQ(chosen_isa(), preferred_isa());
  EXPECT_EQ(kernels().isa, chosen_isa());
  EXPECT_EQ(implementation(c10::DeviceType::CPU).name, name(chosen_isa()));
}

TEST(Dispatch, AForcedImplementationRunsUntilItsScopeEnds) {
  const at::Tensor x = at::zeros({1});
  for (const Implementation* one : host_implementations()) {
    const Forced forced(*one);
    EXPECT_EQ(own(&Implementation::mask_pool, x), one->mask_pool);
    EXPECT_EQ(kernels().isa, one->isa);
    EXPECT_NE(own_or_host(&Implementation::best_classes, x), nullptr);
  }
  EXPECT_EQ(chosen_isa(), preferred_isa());
}

TEST(Dispatch, KernelsWithoutGradientsAreLeftAloneWhereOneIsRecorded) {
  const at::Tensor x = at::zeros({2}, at::kFloat);
  EXPECT_NE(own_float_inference(&Implementation::mask_pool, {x}), nullptr);
  EXPECT_EQ(own_float_inference(&Implementation::mask_pool, {x, x.to(at::kDouble)}), nullptr);
  const at::Tensor leaf = x.clone().requires_grad_();
  EXPECT_EQ(own_float_inference(&Implementation::mask_pool, {x, leaf}), nullptr);
  const at::NoGradGuard no_grad;
  EXPECT_NE(own_float_inference(&Implementation::mask_pool, {x, leaf}), nullptr);
}

TEST(Dispatch, TheListNamesEveryOperationOnEveryDevice) {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const ImplementedOp& op : implementations()) {
    EXPECT_TRUE(seen.insert({op.op, op.device}).second) << op.op;
    if (op.op == "masked_attention" && op.device == "cpu") {
      EXPECT_EQ(op.implementation, name(chosen_isa()));
    }
    if (op.device == "cuda" && (op.op == "masked_attention" || op.op == "conv3x3")) {
      EXPECT_EQ(op.implementation, op.op == "conv3x3" ? "aten" : "cuda");
    }
  }
  size_t ops = 0;
  each_op(implementation(c10::DeviceType::CPU), [&](std::string_view, bool) { ++ops; });
  EXPECT_EQ(seen.size(), 2 * ops);
}

TEST(Dispatch, AnUnknownInstructionSetIsAClearError) {
  const char* before = std::getenv("FCCLIP_CPU_ISA");
  const std::string kept = before ? before : "";
  ::setenv("FCCLIP_CPU_ISA", "sse9", 1);
  try {
    preferred_isa();
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_NE(std::string(error.what()).find("sse9"), std::string::npos);
  }
  if (before) {
    ::setenv("FCCLIP_CPU_ISA", kept.c_str(), 1);
  } else {
    ::unsetenv("FCCLIP_CPU_ISA");
  }
}

TEST(CheckDense, NamesWhatIsWrong) {
  EXPECT_NO_THROW(check_dense("x", at::zeros({2, 3}), at::kCPU));
  for (const at::Tensor& bad : {at::zeros({2, 3}).t(), at::zeros({2}, at::kDouble)}) {
    try {
      check_dense("x", bad, at::kCPU);
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::shape_mismatch);
    }
  }
}

}  // namespace dispatch_test
}  // namespace fcclip::ops
