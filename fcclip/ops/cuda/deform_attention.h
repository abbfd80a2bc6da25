#pragma once
// Launches on device pointers; only in builds with FCCLIP_CUDA.

#include "fcclip/ops/deform_args.h"

namespace fcclip::ops::cuda {

/// `stream` is a cudaStream_t. Returns nullptr, or what went wrong with the launch.
template <typename T>
const char* deform_samples(const DeformSamples<T>& job, void* stream);

/// grad_value must be zeroed or hold what is to be added to. Order of its additions is not fixed.
template <typename T>
const char* deform_samples_backward(const DeformSamples<T>& job, void* stream);

extern template const char* deform_samples(const DeformSamples<float>&, void*);
extern template const char* deform_samples(const DeformSamples<double>&, void*);
extern template const char* deform_samples_backward(const DeformSamples<float>&, void*);
extern template const char* deform_samples_backward(const DeformSamples<double>&, void*);

}  // namespace fcclip::ops::cuda
