#include "fcclip/core/progress.h"

#include "fcclip/core/error.h"

namespace fcclip {

void report_progress(const Progress& progress, int64_t done, int64_t total,
                     std::string_view parts) {
  if (!progress || progress(done, total)) return;
  if (total == 0) fail(ErrorCode::interrupted, "stopped before the first ", parts);
  fail(ErrorCode::interrupted, "stopped after ", done, " of ", total, " ", parts);
}

}  // namespace fcclip
