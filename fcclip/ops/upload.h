#pragma once
// Copies to a device beside the work that it does.

#include <memory>
#include <utility>

#include <ATen/core/Tensor.h>

namespace c10 {
struct Event;
}

namespace fcclip::ops {

/// A tensor on its way. Any thread may send it; it travels on a stream of its own, so that neither the
/// sender nor what runs on the device waits for it. On the host it is the tensor itself.
class Upload {
 public:
  Upload() = default;
  /// Stays where it is.
  explicit Upload(at::Tensor x) : tensor_(std::move(x)) {}
  /// Sends x, which may be changed or freed at once; one that does not go by pinned memory (host.h)
  /// stays on the host. Throws what LibTorch throws when the device has no room.
  Upload(const at::Tensor& x, at::Device device);

  /// The tensor where it was sent, for the calling thread's current stream there: work that is put into it
  /// from now on begins when the tensor has come. The host does not wait.
  at::Tensor arrived() const;

 private:
  at::Tensor tensor_;
  std::shared_ptr<const c10::Event> sent_;  ///< null: nothing to wait for
};

}  // namespace fcclip::ops
