#include "fcclip/nn/path.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

namespace fcclip::nn {
namespace {

const Trace kWatcher = [](std::string_view, const at::Tensor&) {};

TEST(Path, GradientsTakeThePlainOne) {
  EXPECT_EQ(choose_path(true), Path::plain);
  const at::NoGradGuard no_grad;
  EXPECT_EQ(choose_path(true), Path::packed);
}

TEST(Path, ATraceAndWhatIsNotPreparedTakeThePlainOne) {
  const c10::InferenceMode guard;
  EXPECT_EQ(choose_path(true), Path::packed);
  EXPECT_EQ(choose_path(true, kWatcher), Path::plain);
  EXPECT_EQ(choose_path(false), Path::plain);
}

}  // namespace
}  // namespace fcclip::nn
