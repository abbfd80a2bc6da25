#pragma once
// The threads that work: pictures are decoded while the network runs, new words go through the text
// tower and questions are answered beside it, and what waits too long is told so.

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "fcclip/serve/fair_queue.h"
#include "fcclip/serve/work.h"

namespace fcclip::serve {

/// Counts to a bound, and waits there.
class Slots {
 public:
  explicit Slots(int64_t free) : free_(free) {}
  /// False once closed.
  bool take();
  void give_back();
  void close();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int64_t free_;
  bool closed_ = false;
};

/// Safe to use from several threads.
class Pipeline {
 public:
  /// `parts` outlives it.
  explicit Pipeline(ServiceParts& parts);
  /// Ends what is left with Error{unavailable} and waits for the threads.
  ~Pipeline();

  void submit(const std::shared_ptr<Work>& work);
  /// After an abandon(): takes it from where it waits.
  void forget(const Work& work);

  /// Where a request is; nothing where there is none of that id.
  struct Whereabouts {
    bool running = false;
    int64_t place = 0;  ///< 1: next
  };
  std::optional<Whereabouts> find(const std::string& request_id) const;

  /// Requests that wait for a stage.
  int64_t waiting() const;

 private:
  using Pointer = std::shared_ptr<Work>;
  using Queue = FairQueue<Work>;

  void read_pictures();
  void run_network(size_t device);
  void prepare_words();
  void answer_questions();
  void watch_time();

  void read(const Pointer& work);
  void encode(const std::vector<Pointer>& works);
  void encode_alone(const std::vector<Pointer>& works);
  void prepare(const Pointer& work);
  bool finds_words(Work& work);
  void conclude(const Pointer& work);
  void enqueue(Queue& queue, const Pointer& work);
  void begin_stage(Work& work);
  void give_slot_back(Work& work);
  template <typename Stage>
  bool guarded(const Pointer& work, Stage stage);
  void expire(Clock::time_point now);

  ServiceParts& parts_;
  Queue to_read_, to_encode_, to_prepare_, to_conclude_;
  Slots decoded_;
  mutable std::mutex mutex_;  ///< of what follows
  std::condition_variable time_changed_;
  std::unordered_map<std::string, std::weak_ptr<Work>> by_id_;
  std::deque<std::pair<Clock::time_point, std::weak_ptr<Work>>> deadlines_;  ///< by time
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace fcclip::serve
