#include "fcclip/core/boundary.h"

#include <filesystem>
#include <new>
#include <string>

#include <c10/util/Exception.h>

namespace fcclip {
namespace {

constexpr const char* kMemory = "out of memory; try a smaller picture or fewer words";

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

// A GPU's allocator has an exception of its own; the processor's throws LibTorch's general one, told
// apart by the file that it names.
bool is_refused_memory(const c10::Error& error) {
  return dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr ||
         error.msg().find("DefaultCPUAllocator: ") != std::string::npos;
}

}  // namespace

Error as_error(const std::exception& error) {
  if (const auto* own = dynamic_cast<const Error*>(&error)) return *own;
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) {
    return {ErrorCode::out_of_memory, kMemory};
  }
  if (const auto* torch = dynamic_cast<const c10::Error*>(&error)) {
    if (is_refused_memory(*torch)) return {ErrorCode::out_of_memory, kMemory};
    return {ErrorCode::internal, "internal error: " + first_line(torch->msg())};
  }
  if (dynamic_cast<const std::filesystem::filesystem_error*>(&error) != nullptr) {
    return {ErrorCode::io_failure, first_line(error.what())};
  }
  return {ErrorCode::internal, "internal error: " + first_line(error.what())};
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
