#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

#include "fcclip/core/error.h"

namespace fcclip::fuzz {

inline std::string_view text(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline std::span<const std::byte> bytes(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const std::byte*>(data), size};
}

/// Runs `parse`: a result or an Error of one line that is not our own bug; anything else is a
/// finding.
template <typename Parse>
int result_or_error(const Parse& parse) {
  try {
    parse();
  } catch (const Error& error) {
    const std::string_view message = error.what();
    if (error.code() == ErrorCode::internal || message.find('\n') != std::string_view::npos)
      std::abort();
  }
  return 0;
}

}  // namespace fcclip::fuzz
