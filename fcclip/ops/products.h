#pragma once
// In which precision packed weights are multiplied.

#include <string>
#include <string_view>

#include <c10/core/Device.h>

namespace fcclip::ops {

/// float32: exact, the default. bfloat16: both sides of the large products (ConvNeXt's MLPs and patch convolutions, the
/// deformable encoder's projections) rounded to 8 bits, sums in float32; all else stays float32.
enum class Products { float32, bfloat16 };

/// "float32", "bfloat16".
std::string_view name(Products products);
/// Throws Error{invalid_argument} for another name.
Products products_named(std::string_view name);

/// Throws Error{unsupported} where a device has no instructions for it: bfloat16 needs AVX512-BF16.
void need_products(Products products, at::Device device);

/// Empty when need_products() is content, else why not.
std::string lack_of_products(Products products, at::Device device);

}  // namespace fcclip::ops
