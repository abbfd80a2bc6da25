#include "fcclip/runs/ordered_work.h"

#include <utility>

#include "fcclip/core/workers.h"

namespace fcclip::runs {

OrderedWork::OrderedWork(int64_t threads, int64_t bytes) : most_bytes_(bytes) {
  for (int64_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

OrderedWork::~OrderedWork() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    waiting_.clear();
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void OrderedWork::add(Work work, int64_t bytes) {
  add_at(given_, std::move(work), bytes);
}

// Whoever is next waits for nobody: what holds the memory may wait for it.
void OrderedWork::add_at(int64_t position, Work work, int64_t bytes) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] {
    return error_ || position == finished_ || bytes_ == 0 || bytes_ + bytes <= most_bytes_;
  });
  if (error_) throw Stopped();
  bytes_ += bytes;
  ++given_;
  waiting_.push_back({position, bytes, std::move(work)});
  lock.unlock();
  changed_.notify_all();
}

void OrderedWork::finish() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return error_ || finished_ == given_; });
  if (error_) std::rethrow_exception(error_);
}

void OrderedWork::run() {
  keep_operations_on_this_thread();
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stopping_ || (!waiting_.empty() && !error_); });
    if (stopping_) return;
    try {
      do_next(lock);
      finish_in_order(lock);
    } catch (...) {
      if (!lock.owns_lock()) lock.lock();
      if (!error_) error_ = std::current_exception();
      finishing_ = false;
    }
    changed_.notify_all();
  }
}

void OrderedWork::do_next(std::unique_lock<std::mutex>& lock) {
  Piece piece = std::move(waiting_.front());
  waiting_.pop_front();
  lock.unlock();
  Finish finish = piece.work();
  piece.work = nullptr;  // what it held is freed before the lock is taken again
  lock.lock();
  done_.emplace(piece.position, Done{piece.bytes, std::move(finish)});
}

// One thread at a time; what others complete meanwhile it finishes too.
void OrderedWork::finish_in_order(std::unique_lock<std::mutex>& lock) {
  if (finishing_) return;
  finishing_ = true;
  while (!error_ && !done_.empty() && done_.begin()->first == finished_) {
    Done next = std::move(done_.extract(done_.begin()).mapped());
    lock.unlock();
    if (next.finish) next.finish();
    next.finish = nullptr;
    lock.lock();
    ++finished_;
    bytes_ -= next.bytes;
    changed_.notify_all();
  }
  finishing_ = false;
}

}  // namespace fcclip::runs
