#include "fcclip/engine/stored_tensor.h"

#include "fcclip/core/error.h"

namespace fcclip::engine {

const at::Tensor& stored_tensor(const std::map<std::string, at::Tensor>& tensors,
                                const std::string& name, at::IntArrayRef shape) {
  const auto found = tensors.find(name);
  if (found == tensors.end()) fail(ErrorCode::missing_tensor, "the checkpoint has no ", name);
  if (found->second.sizes() != shape) {
    fail(ErrorCode::shape_mismatch, "the checkpoint's ", name, " is ", found->second.sizes(),
         "; expected ", shape, ": it is of another configuration");
  }
  return found->second;
}

}  // namespace fcclip::engine
