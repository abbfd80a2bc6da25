#pragma once
// The kernels as text, in the program.

#include <string>
#include <string_view>
#include <vector>

#include "fcclip/core/hash.h"

namespace fcclip::ops::cuda {

/// A text and the name under which it is included.
struct SourceText {
  std::string name;
  std::string_view text;
};

/// A file of kernels/ with all that it includes.
struct KernelSource {
  SourceText main;
  std::vector<SourceText> headers;
  std::vector<std::string> kernels;  ///< the names of its functions, as they are launched
  std::string_view fatbin;           ///< compiled ahead of time (FCCLIP_CUDA); empty: only as text
};

/// kernels/deform_attention.cu.
const KernelSource& deform_attention_source();
/// kernels/mask_results.cu, of results at the original size.
const KernelSource& mask_results_source();
/// kernels/mask_rows.cu, of masks inside the network.
const KernelSource& mask_rows_source();
/// kernels/masked_attention.cu, of the mask decoder.
const KernelSource& masked_attention_source();
/// kernels/depthwise_norm.cu, of ConvNeXt's blocks.
const KernelSource& depthwise_norm_source();
/// kernels/resize_u8.cu, of pictures on their way into the network.
const KernelSource& resize_u8_source();
/// All of them.
std::vector<const KernelSource*> kernel_sources();

/// Of all texts and their names.
Hash hash_source(const KernelSource& source);

}  // namespace fcclip::ops::cuda
