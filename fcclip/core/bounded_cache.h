#pragma once
// What is made once and kept for a while.

#include <cstdint>
#include <list>
#include <mutex>
#include <utility>

namespace fcclip {

/// Values by their keys, the most recently used ones, at most `most_bytes` of them together. Safe to
/// use from several threads; two that miss at once both make the value.
///   Key  compared by ==
template <typename Key, typename Value>
class BoundedCache {
 public:
  explicit BoundedCache(int64_t most_bytes) : most_bytes_(most_bytes) {}

  /// The value of `key`, or make()'s, kept with the size that bytes(value) says. One that is larger
  /// than all the room is not kept. Throws what make() throws.
  template <typename Make, typename Bytes>
  Value get(const Key& key, const Make& make, const Bytes& bytes) {
    {
      const std::lock_guard lock(mutex_);
      for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
        if (!(entry->key == key)) continue;
        entries_.splice(entries_.begin(), entries_, entry);
        return entry->value;
      }
    }
    Value value = make();
    keep(key, value, bytes(value));
    return value;
  }

  /// Of all that is kept.
  int64_t bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
  }

 private:
  struct Entry {
    Key key;
    Value value;
    int64_t bytes;
  };

  void keep(const Key& key, const Value& value, int64_t size) {
    if (size > most_bytes_) return;
    const std::lock_guard lock(mutex_);
    for (const Entry& entry : entries_) {
      if (entry.key == key) return;  // another thread was first
    }
    entries_.push_front({key, value, size});
    bytes_ += size;
    while (bytes_ > most_bytes_) {
      bytes_ -= entries_.back().bytes;
      entries_.pop_back();
    }
  }

  mutable std::mutex mutex_;
  std::list<Entry> entries_;
  int64_t bytes_ = 0;
  const int64_t most_bytes_;
};

}  // namespace fcclip
