#pragma once
// How many requests there are at once, of everybody and of each client.

#include <mutex>
#include <string>
#include <unordered_map>

#include "fcclip/serve/limits.h"

namespace fcclip::serve {

/// Safe to use from several threads.
class Admission {
 public:
  explicit Admission(const Limits& limits) : limits_(limits) {}

  /// Takes a place. Throws Error{overloaded}.
  void enter(const std::string& client);
  void leave(const std::string& client);
  /// Throws as enter, and takes nothing.
  void check(const std::string& client) const;
  int64_t inside() const;

 private:
  void check_locked(const std::string& client) const;

  const Limits& limits_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, int64_t> by_client_;  ///< of those who have a place
  int64_t inside_ = 0;
};

}  // namespace fcclip::serve
