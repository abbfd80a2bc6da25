#include "apps/failure.h"

#include <algorithm>
#include <new>

#include <c10/util/Exception.h>

#include "fcclip/core/error.h"

namespace fcclip::apps {
namespace {

const char* const kMemory = "out of memory; try a smaller --short-side or fewer classes";

// LibTorch's allocator throws its general error, with a backtrace behind the message.
bool is_refused_allocation(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return true;
  const auto* torch = dynamic_cast<const c10::Error*>(&error);
  return torch != nullptr && torch->msg().find("allocat") != std::string::npos;
}

std::string message_of(const std::exception& error) {
  if (is_refused_allocation(error)) return kMemory;
  if (dynamic_cast<const Error*>(&error) != nullptr) return error.what();
  const auto* torch = dynamic_cast<const c10::Error*>(&error);
  return "internal error: " + (torch != nullptr ? torch->msg() : std::string(error.what()));
}

}  // namespace

std::string failure_line(const std::exception& error, const std::string& about) {
  std::string message = message_of(error);
  message.erase(std::min(message.find('\n'), message.size()));
  const bool named = about.empty() || message.find(about) != std::string::npos;
  return named ? message : about + ": " + message;
}

int failure_status(const std::exception& error) {
  const auto* own = dynamic_cast<const Error*>(&error);
  return own == nullptr ? 1 : exit_status(own->code());
}

bool is_interruption(const std::exception& error) {
  const auto* own = dynamic_cast<const Error*>(&error);
  return own != nullptr && own->code() == ErrorCode::interrupted;
}

}  // namespace fcclip::apps
