#pragma once
// Where the library ends: whatever is thrown inside leaves as Error.

#include <exception>
#include <string_view>
#include <utility>

#include "fcclip/core/error.h"

namespace fcclip {

/// What as_error says where the processor's memory is refused.
inline constexpr std::string_view kOutOfMemory =
    "out of memory; try a smaller picture or fewer words";

/// An Error as it is; refused memory of the processor or of a GPU as Error{out_of_memory}; the file
/// system's exceptions as Error{io_failure}; everything else, LibTorch's among them, as
/// Error{internal} with the first line of its message.
Error as_error(const std::exception& error);

/// The work was stopped, by a signal or by its caller: no picture's fault.
bool is_interruption(const std::exception& error);

/// For a catch (...) block: as_error of what is being handled. Throws Error always.
[[noreturn]] void rethrow_as_error();

/// What work() returns.
template <typename Work>
decltype(auto) translating_errors(Work&& work) {
  try {
    return std::forward<Work>(work)();
  } catch (...) {
    rethrow_as_error();
  }
}

}  // namespace fcclip
