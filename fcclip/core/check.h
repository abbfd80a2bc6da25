#pragma once
// Shape and dtype checks whose message names the tensor, what was expected and what came.

#include <string_view>

#include <ATen/core/Tensor.h>

#include "fcclip/core/error.h"

namespace fcclip {

/// Any extent is allowed where the expected one is kAny.
inline constexpr int64_t kAny = -1;

/// "[2, 3, 4]"
std::string shape_string(at::IntArrayRef shape);

/// Throws Error{shape_mismatch} unless `tensor` is defined and has this shape (kAny matches every
/// extent).
void check_shape(std::string_view what, const at::Tensor& tensor, at::IntArrayRef expected);

/// Throws Error{shape_mismatch} unless `tensor` has this element type.
void check_dtype(std::string_view what, const at::Tensor& tensor, at::ScalarType expected);

/// Sizes of a configuration: throws Error{invalid_argument} unless every value is from 1 to `most`,
/// far above what any model has, far below what would exhaust the memory.
void check_counts(std::string_view what, at::IntArrayRef values, int64_t most);

}  // namespace fcclip
