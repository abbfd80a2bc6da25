#pragma once
// What the environment says, read in one place.

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>

namespace fcclip {

/// A variable's text; nothing when it is not set, or empty.
std::optional<std::string> environment_text(const char* name);

/// The whole number, at least 0, in the first of `names` that is set. Throws
/// Error{invalid_argument} naming the variable whose value is none.
std::optional<int64_t> environment_number(std::initializer_list<const char*> names);

/// This process among those that a launcher started together.
struct ProcessPlace {
  int64_t rank = 0, count = 1;
  std::optional<int64_t> local_rank;  ///< among those of this machine
};

/// As torchrun says it (RANK, WORLD_SIZE, LOCAL_RANK), or else srun, or Open MPI's mpirun; alone
/// when none of them does. Throws Error{invalid_argument} for a variable that is missing or wrong.
ProcessPlace process_place();

}  // namespace fcclip
