#pragma once
// The ways between where a tensor is and where this process reads and writes its numbers. What goes
// to or from a GPU without a wait, or fast, goes by pinned memory, which the system does not move:
// LibTorch keeps it for the next one. For more than kMostPinnedBytes it is not used.

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace fcclip::ops {

/// Tensors of more bytes are not copied by way of pinned memory, of which a process never gives back
/// what it has used: a photograph of 44 megapixels.
inline constexpr int64_t kMostPinnedBytes = int64_t{128} << 20;

/// Whether x, of any shape, is as small.
bool goes_by_pinned_memory(const at::Tensor& x);

/// x, of any shape, on a device; the very tensor where it is there already. From the host to a GPU it comes
/// contiguous and without its gradient's history, in the order of the current stream, and the host does
/// not wait: x may be changed or freed at once.
at::Tensor on_device(const at::Tensor& x, at::Device device);

/// x, of any shape, on the host, contiguous, of its own dtype; no copy where it is that already. To be kept.
at::Tensor on_host(const at::Tensor& x);

/// The same (any shape) for what is read and soon freed: it may come in pinned memory. Else the copy of some
/// megabytes takes as long as the system takes to clear its pages.
at::Tensor briefly_on_host(const at::Tensor& x);

/// Several tensors, each as briefly_on_host() gives it; the host waits once for all of them.
std::vector<at::Tensor> together_on_host(const std::vector<at::Tensor>& tensors);

/// Makes each of them, of any shapes, what together_on_host() gives for it.
void bring_to_host(const std::vector<at::Tensor*>& tensors);

/// What briefly_on_host() or together_on_host() gave, of any shape, to be kept.
at::Tensor to_keep(const at::Tensor& on_host);

}  // namespace fcclip::ops
