#pragma once
// The reference's recorded outputs, when they are beside the checkout; and the weight formula they
// were made with.

#include <filesystem>
#include <string>

#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fcclip/nn/weights.h"

namespace fcclip::test {

/// ../shared (or $FCCLIP_SHARED); empty when it is not there.
std::filesystem::path shared_folder();
/// <shared>/goldens; empty when not there.
std::filesystem::path goldens_folder();

/// First statement of a test that compares with recorded outputs: skips, saying so, when they are
/// not there.
#define FCCLIP_NEEDS_GOLDENS()                                                                \
  if (::fcclip::test::goldens_folder().empty()) {                                             \
    GTEST_SKIP() << "recorded reference outputs (../shared/goldens) are not on this machine"; \
  }

/// A recorded tensor: golden("tiny-convnext/astronaut.safetensors", "backbone.res2").
at::Tensor golden(const std::string& file, const std::string& name);
nlohmann::json golden_json(const std::string& file);

/// The formula's tensor for a key (see the goldens' README).
at::Tensor formula_tensor(const std::string& salt, const std::string& key, at::IntArrayRef shape,
                          double lo, double hi);

/// A weight source that fills from <folder>/manifest.json (or manifest.json.gz's unpacked text),
/// e.g. "tiny-convnext".
nn::WeightSource formula_weights(const std::string& folder);

/// max|got − want| ≤ relative · max|want| + absolute; NaNs must agree in place. The message tells
/// where it is worst.
::testing::AssertionResult near(const at::Tensor& got, const at::Tensor& want, double relative,
                                double absolute = 0);

/// Tolerances of the goldens' README.
inline constexpr double kFeatureTolerance = 2e-5;
inline constexpr double kDecoderTolerance = 5e-5;

}  // namespace fcclip::test
