#pragma once
// Work that threads do beside the caller, finished in the order in which it was given.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace fcclip::runs {

/// The caller hands over pieces of work; what a piece leaves to be done in order (printing) is done
/// by whichever thread completes the row, one at a time. Tensor operations inside keep to one
/// thread each: a second team of OpenMP threads would only fight the network's.
class OrderedWork {
 public:
  using Finish = std::function<void()>;
  /// Runs on any of the threads at any time, and returns what has to be done in order. An exception
  /// of either stops everything: the next add() throws Stopped, finish() throws the exception.
  using Work = std::function<Finish()>;
  struct Stopped : std::exception {};

  /// `bytes`: how much unfinished work may hold in memory; one piece is always taken.
  OrderedWork(int64_t threads, int64_t bytes);
  OrderedWork(const OrderedWork&) = delete;
  OrderedWork& operator=(const OrderedWork&) = delete;
  /// Work that has not begun is dropped; what has begun is waited for.
  ~OrderedWork();

  /// Waits until there is room for `bytes`. Throws Stopped.
  void add(Work work, int64_t bytes);
  /// The same from several threads at once, each piece with its place in the row; every place from 0
  /// on is given once before finish(). The piece that is next in the row is always taken.
  void add_at(int64_t position, Work work, int64_t bytes);
  /// Waits until everything has been done.
  void finish();

 private:
  struct Piece {
    int64_t position = 0, bytes = 0;
    Work work;
  };
  struct Done {
    int64_t bytes = 0;
    Finish finish;
  };

  void run();
  void do_next(std::unique_lock<std::mutex>& lock);
  void finish_in_order(std::unique_lock<std::mutex>& lock);

  const int64_t most_bytes_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Piece> waiting_;
  std::map<int64_t, Done> done_;  ///< by position: waiting for their predecessors
  int64_t given_ = 0, finished_ = 0, bytes_ = 0;
  bool finishing_ = false, stopping_ = false;
  std::exception_ptr error_;
  std::vector<std::thread> threads_;
};

}  // namespace fcclip::runs
