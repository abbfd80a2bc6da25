#pragma once
// An id map on the disk, as runs of equal ids: much smaller than the map, and never in memory.

#include <cstdint>
#include <filesystem>

#include "fcclip/tiles/scratch_file.h"

namespace fcclip::tiles {

/// Rows are appended, then read from the first on.
class RunScratch {
 public:
  /// In `folder`, which must be there. Throws Error{io_failure}.
  explicit RunScratch(const std::filesystem::path& folder);

  /// Numbers that follow each other. Throws Error{io_failure}: a full disk.
  void append(const int32_t* values, int64_t count);
  /// Back to the first number.
  void rewind();
  /// The next ones. Throws Error{io_failure} where there are no more.
  void read(int32_t* values, int64_t count);

 private:
  struct Run {
    int32_t value = 0;
    uint32_t length = 0;
  };
  void put(const Run& run);

  std::filesystem::path folder_;
  ScratchFile file_;
  Run current_;
};

}  // namespace fcclip::tiles
