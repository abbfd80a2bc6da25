#pragma once
// Work ahead of a loop: items made by threads, handed out in order.

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "fcclip/core/workers.h"

namespace fcclip {

/// How many threads, and how far ahead.
struct LoaderOptions {
  int64_t workers = 2;  ///< threads; 0: items are made when asked for
  int64_t ahead = 4;    ///< at most so many finished items wait
};

/// next() gives make(first), make(first + 1), …; which thread made an item changes nothing, so a
/// run is the same for any number of workers. An exception of make() reaches the next() that would
/// have given its item. LibTorch's operations run on the thread that makes the item alone. Not copyable; destruction waits for
/// items under way.
template <typename Item>
class Loader {
 public:
  using Make = std::function<Item(int64_t index)>;
  Loader(Make make, int64_t first, const LoaderOptions& options)
      : make_(std::move(make)), options_(options), next_to_give_(first), next_to_make_(first) {
    for (int64_t i = 0; i < options_.workers; ++i) threads_.emplace_back([this] { work(); });
  }
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;
  ~Loader() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  /// The next item in order; waits for it. Throws what making it threw.
  Item next() {
    if (threads_.empty()) return make_(next_to_give_++);
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return done_.contains(next_to_give_); });
    Slot slot = std::move(done_.extract(next_to_give_++).mapped());
    lock.unlock();
    changed_.notify_all();
    if (slot.error) std::rethrow_exception(slot.error);
    return std::move(*slot.item);
  }

 private:
  struct Slot {
    std::optional<Item> item;
    std::exception_ptr error;
  };

  void work() {
    keep_operations_on_this_thread();
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock,
                    [&] { return stopping_ || next_to_make_ < next_to_give_ + options_.ahead; });
      if (stopping_) return;
      const int64_t index = next_to_make_++;
      lock.unlock();
      Slot slot;
      try {
        slot.item = make_(index);
      } catch (...) {
        slot.error = std::current_exception();
      }
      lock.lock();
      done_.emplace(index, std::move(slot));
      changed_.notify_all();
    }
  }

  Make make_;
  LoaderOptions options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int64_t, Slot> done_;
  int64_t next_to_give_, next_to_make_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace fcclip
