#include "fcclip/core/boundary.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <new>
#include <string>

#include <c10/util/Exception.h>

namespace fcclip {
namespace {

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

// What stands between two words of a text; empty when they are not there.
std::string between(const std::string& text, const std::string& before, const std::string& behind) {
  const size_t from = text.find(before);
  if (from == std::string::npos) return "";
  const size_t begin = from + before.size(), end = text.find(behind, begin);
  return end == std::string::npos ? "" : text.substr(begin, end - begin);
}

// "CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 7.79 GiB of which
// 11.06 MiB is free. …"
Error gpu_memory_error(const std::string& message) {
  const std::string wanted = between(message, "Tried to allocate ", ". ");
  const std::string gpu = between(message, ". GPU ", " has");
  const std::string whole = between(message, "total capacity of ", " of which");
  const std::string free = between(message, " of which ", " is free");
  if (wanted.empty() || gpu.empty() || whole.empty() || free.empty()) {
    return {ErrorCode::out_of_memory,
            "the GPU is out of memory; try a smaller picture or fewer words"};
  }
  return {ErrorCode::out_of_memory, "GPU " + gpu + " is out of memory: " + wanted + " wanted, " +
                                        free + " of " + whole +
                                        " free; try a smaller picture, end what else uses it, or "
                                        "use cpu"};
}

// What is refused beside the allocator: launches and modules; the libraries' handles and workspaces.
bool is_gpu_memory(const c10::Error& error, const std::string& message) {
  constexpr int kMemoryAllocation = 2;  // cudaErrorMemoryAllocation
  const auto* device = dynamic_cast<const c10::AcceleratorError*>(&error);
  if (device != nullptr && device->get_error_code() == kMemoryAllocation) return true;
  return std::ranges::any_of(
      std::array{"CUDA error: out of memory", "CUBLAS_STATUS_ALLOC_FAILED",
                 "CUDNN_STATUS_ALLOC_FAILED"},
      [&](const char* text) { return message.find(text) != std::string::npos; });
}

Error torch_error(const c10::Error& error) {
  const std::string& message = error.msg();
  // A GPU's allocator has an exception of its own; the processor's throws LibTorch's general one,
  // told apart by the file that it names.
  const bool is_refused = dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr;
  if (is_refused || is_gpu_memory(error, message)) return gpu_memory_error(message);
  if (message.find("DefaultCPUAllocator: ") != std::string::npos) {
    return {ErrorCode::out_of_memory, std::string(kOutOfMemory)};
  }
  if (message.find("no kernel image is available") != std::string::npos) {
    return {ErrorCode::unsupported,
            "this LibTorch has no code for this GPU, which is older or newer than it; use another "
            "release of LibTorch, or cpu"};
  }
  return {ErrorCode::internal, "internal error: " + first_line(message)};
}

}  // namespace

Error as_error(const std::exception& error) {
  if (const auto* own = dynamic_cast<const Error*>(&error)) return *own;
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) {
    return {ErrorCode::out_of_memory, std::string(kOutOfMemory)};
  }
  if (const auto* torch = dynamic_cast<const c10::Error*>(&error)) {
    return torch_error(*torch);
  }
  if (dynamic_cast<const std::filesystem::filesystem_error*>(&error) != nullptr) {
    return {ErrorCode::io_failure, first_line(error.what())};
  }
  return {ErrorCode::internal, "internal error: " + first_line(error.what())};
}

bool is_interruption(const std::exception& error) {
  const auto* own = dynamic_cast<const Error*>(&error);
  return own != nullptr && own->code() == ErrorCode::interrupted;
}

void rethrow_as_error() {
  try {
    throw;
  } catch (const std::exception& error) {
    throw as_error(error);
  } catch (...) {
    throw Error(ErrorCode::internal, "internal error: something that is no exception was thrown");
  }
}

}  // namespace fcclip
