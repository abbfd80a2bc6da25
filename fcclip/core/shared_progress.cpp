#include "fcclip/core/shared_progress.h"

#include "fcclip/core/error.h"

namespace fcclip {

bool SharedProgress::go_on() {
  if (!progress_) return true;
  const std::scoped_lock lock(mutex_);
  if (stopped_) return false;
  stopped_ = !progress_(++done_, total_);
  return !stopped_;
}

void SharedProgress::check() const {
  if (!stopped_) return;
  fail(ErrorCode::interrupted, "stopped after ", done_, " of ", total_, " ", parts_);
}

}  // namespace fcclip
