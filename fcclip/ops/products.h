#pragma once
// In which precision packed weights are multiplied.

#include <string>
#include <string_view>

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

namespace fcclip::ops {

/// Of the large products: ConvNeXt's MLPs and patch convolutions, the deformable encoder's projections; on GPUs the 3×3
/// convolution and the text tower's too. ConvNeXt's depthwise convolutions are float32 in all of them, where the device has a
/// kernel for its blocks; LibTorch's operations round them in tf32 and float16.
///   float32   exact, the default
///   tf32      GPUs: both sides of all of the network's products rounded to 11 bits by the GPU itself
///   bfloat16  both sides rounded to 8 bits, weights once when they are packed; not of the stem (packing.h)
///   float16   GPUs: the same to 11 bits
///   int8      processors: ConvNeXt's products alone, weights as whole numbers with a factor for each output channel, rows
///             with a factor found as they come, both for each block of columns; sums are exact whole numbers
/// Other sums are float32; norms, softmax, sampling places and results are float32 in all of them.
enum class Products { float32, tf32, bfloat16, float16, int8 };

inline constexpr Products kAllProducts[] = {Products::float32, Products::tf32, Products::bfloat16,
                                            Products::float16, Products::int8};

/// "float32", "tf32", "bfloat16", "float16", "int8".
std::string_view name(Products products);
/// The same names, and "auto": on a GPU bfloat16 from capability 8.0, float16 from 7.0, else float32; on a processor
/// float32. Throws Error{invalid_argument} for another name.
Products products_named(std::string_view name, at::Device device);

/// What both sides are stored in: kFloat of float32, tf32 and int8.
at::ScalarType dtype_of(Products products);

/// Throws Error{unsupported} where a device has no instructions for it: bfloat16 needs AVX512-BF16 or a GPU of capability 8.0,
/// as tf32 does; float16 a GPU of 7.0; int8 AVX512-VNNI or AVX-VNNI.
void need_products(Products products, at::Device device);

/// Empty when need_products() is content, else why not. LibTorch's own operations, which tests force on a processor, have all
/// types.
std::string lack_of_products(Products products, at::Device device);

/// The same for a GPU of this capability, 10 · major + minor, and what "auto" takes there.
std::string lack_of_gpu_products(Products products, int capability);
Products best_gpu_products(int capability);

}  // namespace fcclip::ops
