#pragma once
// Items made ahead for several threads, each of which takes the one that is next.

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

#include "fcclip/core/loader.h"

namespace fcclip {

/// A Loader of `count` items, to be taken from by several threads. Not copyable.
template <typename Item>
class SharedLoader {
 public:
  /// An item in the hands of the thread that works on it.
  struct Turn {
    int64_t number = 0;  ///< from 0
    std::optional<Item> item;
    std::exception_ptr failure;  ///< what making it threw, where there is no item
  };
  /// Asked before an item is taken, by one thread at a time. What it throws reaches that thread, and nobody takes another one.
  using GoOn = std::function<bool(int64_t number)>;

  SharedLoader(typename Loader<Item>::Make make, int64_t count, const LoaderOptions& options,
               GoOn go_on)
      : count_(count),
        go_on_(std::move(go_on)),
        items_([make = std::move(make), count](int64_t i) { return i < count ? make(i) : Item(); },
               0, options) {}

  /// Nothing where none is left or go_on() says so.
  std::optional<Turn> take() {
    const std::lock_guard lock(mutex_);
    if (next_ == count_ || ending_ || !asked()) return {};
    Turn turn{next_++, {}, {}};
    try {
      turn.item = items_.next();
    } catch (...) {
      turn.failure = std::current_exception();
    }
    return turn;
  }

  /// Nobody takes another one.
  void end() { ending_ = true; }

 private:
  bool asked() {
    try {
      if (go_on_(next_)) return true;
    } catch (...) {
      end();
      throw;
    }
    end();
    return false;
  }

  const int64_t count_;
  const GoOn go_on_;
  std::mutex mutex_;
  int64_t next_ = 0;
  std::atomic<bool> ending_ = false;
  Loader<Item> items_;  // last: its threads use the others
};

}  // namespace fcclip
