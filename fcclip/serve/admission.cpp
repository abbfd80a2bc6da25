#include "fcclip/serve/admission.h"

#include "fcclip/core/error.h"

namespace fcclip::serve {

void Admission::enter(const std::string& client) {
  const std::lock_guard lock(mutex_);
  check_locked(client);
  ++by_client_[client];
  ++inside_;
}

void Admission::leave(const std::string& client) {
  const std::lock_guard lock(mutex_);
  const auto own = by_client_.find(client);
  if (--own->second == 0) by_client_.erase(own);
  --inside_;
}

void Admission::check(const std::string& client) const {
  const std::lock_guard lock(mutex_);
  check_locked(client);
}

int64_t Admission::inside() const {
  const std::lock_guard lock(mutex_);
  return inside_;
}

void Admission::check_locked(const std::string& client) const {
  if (inside_ >= limits_.queue)
    fail(ErrorCode::overloaded, "the queue is full (", limits_.queue,
         " requests); try again later");
  const auto own = by_client_.find(client);
  if (own != by_client_.end() && own->second >= limits_.queue_of_client) {
    fail(ErrorCode::overloaded, "your address has ", own->second,
         " requests in the queue already; try again when one is answered");
  }
}

}  // namespace fcclip::serve
