#pragma once
// First come, first served, with a share for every client: the next item is taken from the clients
// in turn, of each the one that came first.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace fcclip::serve {

/// Of shared items, each of which stands in it once at most. Safe to use from several threads.
template <typename Item>
class FairQueue {
 public:
  using Pointer = std::shared_ptr<Item>;

  void push(const std::string& client, Pointer item) {
    {
      const std::lock_guard lock(mutex_);
      line_of(client).items.push_back(std::move(item));
      ++size_;
    }
    changed_.notify_one();
  }

  /// Waits for an item; nothing once the queue is closed.
  Pointer pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || size_ > 0; });
    if (closed_) return nullptr;
    return take();
  }

  /// Items that `fits` says belong to the first, from the fronts of the clients' lines, `most` at
  /// most; does not wait.
  std::vector<Pointer> pop_more(int64_t most, const std::function<bool(const Item&)>& fits) {
    const std::lock_guard lock(mutex_);
    std::vector<Pointer> taken;
    while (size_ > 0 && std::ssize(taken) < most && fits(*lines_.front().items.front()))
      taken.push_back(take());
    return taken;
  }

  /// Whether it stood here.
  bool remove(const Item& item) {
    const std::lock_guard lock(mutex_);
    for (auto line = lines_.begin(); line != lines_.end(); ++line) {
      for (auto i = line->items.begin(); i != line->items.end(); ++i) {
        if (i->get() != &item) continue;
        line->items.erase(i);
        if (line->items.empty()) lines_.erase(line);
        --size_;
        return true;
      }
    }
    return false;
  }

  /// How many are taken before it, nothing where it is not here.
  std::optional<int64_t> before(const Item& item) const {
    const std::lock_guard lock(mutex_);
    int64_t turn = 0;  // of the item within its line
    bool passed = false;
    std::optional<int64_t> own;
    for (const Line& line : lines_) {
      for (int64_t i = 0; i < std::ssize(line.items) && !own; ++i) {
        if (line.items[static_cast<size_t>(i)].get() == &item) own = i;
      }
    }
    if (!own) return {};
    for (const Line& line : lines_) {
      const bool is_own = !passed && holds(line, item);
      passed = passed || is_own;
      const int64_t rounds = is_own || passed ? *own : *own + 1;
      turn += std::min<int64_t>(rounds, std::ssize(line.items));
    }
    return turn;
  }

  int64_t size() const {
    const std::lock_guard lock(mutex_);
    return size_;
  }

  /// Everybody who waits gets nothing from now on.
  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    changed_.notify_all();
  }

 private:
  struct Line {
    std::string client;
    std::deque<Pointer> items;
  };

  Line& line_of(const std::string& client) {
    for (Line& line : lines_) {
      if (line.client == client) return line;
    }
    lines_.push_back({client, {}});
    return lines_.back();
  }

  // The client goes to the end of the turn.
  Pointer take() {
    Pointer item = std::move(lines_.front().items.front());
    lines_.front().items.pop_front();
    --size_;
    if (lines_.front().items.empty()) {
      lines_.pop_front();
    } else {
      lines_.splice(lines_.end(), lines_, lines_.begin());
    }
    return item;
  }

  static bool holds(const Line& line, const Item& item) {
    for (const Pointer& one : line.items) {
      if (one.get() == &item) return true;
    }
    return false;
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::list<Line> lines_;  ///< in the order of their turns; none is empty
  int64_t size_ = 0;
  bool closed_ = false;
};

}  // namespace fcclip::serve
