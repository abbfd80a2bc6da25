#pragma once
// What Prometheus reads.

#include <memory>
#include <string>

namespace fcclip::serve {

struct StageTimes;

/// Values that are read when they are asked for.
struct Levels {
  double queue_depth = 0, requests_inside = 0;
  double store_bytes = 0, store_images = 0, store_hits = 0, store_misses = 0, store_dropped = 0;
  double words_ready_hits = 0, words_ready_misses = 0;
  double text_cache_hits = 0, text_cache_misses = 0;
  bool ready = false;
};

/// Safe to use from several threads.
class Metrics {
 public:
  Metrics();
  ~Metrics();

  /// One answer. `route`: its pattern, never what a client wrote.
  void count(const std::string& route, int status, double seconds);
  /// The stages of one work that was answered.
  void observe(const StageTimes& times);
  /// Prometheus' text form.
  std::string text(const Levels& levels) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fcclip::serve
