#pragma once
// Matrices in 8 bits: whole numbers of -127 … 127 and a float32 scale for each output channel. In a
// file they are two tensors: NAME of I8 and NAME.int8_scale.

#include <string>

#include <ATen/core/Tensor.h>

#include "fcclip/io/safetensors.h"
#include "fcclip/nn/weights.h"

namespace fcclip::model {

/// "….weight" -> "….weight.int8_scale"
std::string int8_scale_name(const std::string& tensor);

/// Whether 8 bits save much: a matrix or kernel of 4,096 numbers or more, 16 or more an output
/// channel. Vectors, norms, scales and small tensors stay float32.
bool is_stored_as_int8(const nn::Weight& weight);

/// A weight [out, …] as whole numbers of its shape and scales [out]: value ≈ number · scale, within
/// half a scale, which is a 127th of the channel's largest absolute value (0 where all are 0).
struct Int8Weight {
  at::Tensor numbers;  ///< int8
  at::Tensor scales;   ///< [out] float32
};
Int8Weight to_int8(const at::Tensor& weight);

/// The float32 weight of these numbers. Throws Error{shape_mismatch, bad_format} naming the tensor
/// where scales are not [out] float32, not finite or negative.
at::Tensor from_int8(const std::string& name, const Int8Weight& weight);

/// A tensor of a file as floating point, whatever it is stored as; undefined where there is none.
/// Throws Error{missing_tensor} for 8 bits without scales, and as from_int8.
at::Tensor weight_of(const io::SafetensorsFile& file, const std::string& name);

/// Whether it is the scales of a tensor in 8 bits that the file has too.
bool is_int8_scale(const io::SafetensorsFile& file, const std::string& name);

/// Puts float32 weights in place of every tensor in 8 bits and its scales. Throws as weight_of.
void restore_int8(io::NamedTensors& tensors);

}  // namespace fcclip::model
