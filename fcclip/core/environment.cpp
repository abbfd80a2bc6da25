#include "fcclip/core/environment.h"

#include <cstdlib>

#include "fcclip/core/error.h"

namespace fcclip {

std::optional<std::string> environment_text(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr || *text == '\0') return std::nullopt;
  return text;
}

std::optional<int64_t> environment_number(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const std::optional<std::string> text = environment_text(name);
    if (!text) continue;
    char* end = nullptr;
    const long long value = std::strtoll(text->c_str(), &end, 10);
    if (*end != '\0' || value < 0) {
      fail(ErrorCode::invalid_argument, "environment variable ", name, " is \"", *text,
           "\"; expected a number");
    }
    return value;
  }
  return std::nullopt;
}

ProcessPlace process_place() {
  ProcessPlace place;
  // Of Slurm's counts the one that only srun sets: a batch script itself is no task.
  const std::optional<int64_t> count =
      environment_number({"WORLD_SIZE", "SLURM_STEP_NUM_TASKS", "OMPI_COMM_WORLD_SIZE"});
  if (!count) {
    const std::optional<int64_t> rank = environment_number({"RANK"});
    if (!rank || *rank == 0) return place;
    fail(ErrorCode::invalid_argument, "RANK is ", *rank, " but WORLD_SIZE is missing");
  }
  place.count = *count;
  const std::optional<int64_t> rank =
      environment_number({"RANK", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK"});
  if (!rank) {
    fail(ErrorCode::invalid_argument,
         "environment variable RANK is missing; start the processes with torchrun, srun or "
         "mpirun");
  }
  place.rank = *rank;
  if (place.rank >= place.count) {
    fail(ErrorCode::invalid_argument, "RANK is ", place.rank, " but WORLD_SIZE is ", place.count);
  }
  place.local_rank =
      environment_number({"LOCAL_RANK", "SLURM_LOCALID", "OMPI_COMM_WORLD_LOCAL_RANK"});
  return place;
}

}  // namespace fcclip
