#pragma once
// Progress of a loop that several threads share.

#include <mutex>
#include <string>

#include "fcclip/core/progress.h"

namespace fcclip {

/// Counts parts that threads finish, and ends them all when the progress says stop.
class SharedProgress {
 public:
  /// parts: what is counted, in the plural ("pictures"). `progress` may be empty; must outlive this.
  SharedProgress(const Progress& progress, int64_t total, std::string parts)
      : progress_(progress), total_(total), parts_(std::move(parts)) {}

  /// One more part is done; false: end. After a stop nobody is asked again.
  bool go_on();
  /// Behind the loop. Throws Error{interrupted} when it was stopped.
  void check() const;

 private:
  const Progress& progress_;
  const int64_t total_;
  const std::string parts_;
  std::mutex mutex_;
  int64_t done_ = 0;
  bool stopped_ = false;
};

}  // namespace fcclip
