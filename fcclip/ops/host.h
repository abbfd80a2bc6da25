#pragma once
// The one way from wherever a tensor is to where this process reads its numbers, and back.

#include <ATen/core/Tensor.h>

namespace fcclip::ops {

/// x on the host, contiguous, of its own dtype; no copy where it is that already.
at::Tensor on_host(const at::Tensor& x);

/// The same for what is read and soon freed. From a GPU it comes into memory that the system does not
/// move, and which is kept for the next one: else the copy of some megabytes takes as long as the
/// system takes to clear its pages.
at::Tensor briefly_on_host(const at::Tensor& x);

/// x on `device`; no copy where it is that already. From the host to a GPU it goes by memory that the
/// system does not move, so that the host waits neither for this copy nor for the work before it.
at::Tensor on_device(const at::Tensor& x, at::Device device);

}  // namespace fcclip::ops
