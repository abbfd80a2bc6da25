#include "fcclip/ops/own_memory.h"

#include <cstring>
#include <memory>
#include <sys/mman.h>

#include <ATen/ATen.h>

#include "fcclip/core/error.h"
#include "fcclip/core/round_up.h"

namespace fcclip::ops {
namespace {

constexpr size_t kAlignment = 64;  // what vector instructions like

size_t aligned(size_t bytes) {
  return round_up(bytes, kAlignment);
}

bool is_movable(const at::Tensor& tensor) {
  return tensor.defined() && tensor.is_cpu() && tensor.nbytes() > 0;
}

std::shared_ptr<char> pages(size_t bytes) {
  void* const found =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (found == MAP_FAILED)
    fail(ErrorCode::out_of_memory, "no memory for ", bytes, " bytes that are kept");
  return {static_cast<char*>(found), [bytes](char* begin) { munmap(begin, bytes); }};
}

}  // namespace

std::vector<at::Tensor> in_own_memory(const std::vector<at::Tensor>& tensors) {
  size_t bytes = 0;
  for (const at::Tensor& tensor : tensors)
    bytes += is_movable(tensor) ? aligned(tensor.nbytes()) : 0;
  if (bytes == 0) return tensors;
  const std::shared_ptr<char> region = pages(bytes);
  std::vector<at::Tensor> moved;
  size_t at = 0;
  for (const at::Tensor& tensor : tensors) {
    if (!is_movable(tensor)) {
      moved.push_back(tensor);
      continue;
    }
    const at::Tensor plain = tensor.contiguous();
    std::memcpy(region.get() + at, plain.const_data_ptr(), plain.nbytes());
    moved.push_back(at::from_blob(
        region.get() + at, plain.sizes(), [region](void*) {}, plain.options()));
    at += aligned(plain.nbytes());
  }
  return moved;
}

}  // namespace fcclip::ops
