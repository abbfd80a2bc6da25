#pragma once
// Tensors that depend on a picture's size alone: made once, kept for the next picture.

#include <cstdint>

#include <ATen/core/Tensor.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>

namespace fcclip::ops {

/// Part of the key of what is kept: a tensor serves the stream that it was made on, where whatever
/// frees or uses it comes in order.
struct StreamPlace {
  at::Device device = at::kCPU;
  int64_t stream = 0;
  bool operator==(const StreamPlace&) const = default;
};

/// The device and its current stream.
StreamPlace stream_place(at::Device device);

/// make() as if neither inference nor autograd were on: both may use what it gives.
template <typename Make>
auto make_to_keep(const Make& make) {
  const c10::InferenceMode no_inference(false);
  const c10::AutoGradMode no_grad(false);
  return make();
}

}  // namespace fcclip::ops
