#pragma once
// Work without the GIL that Ctrl-C and the caller's own callback can stop.

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

#include "python/src/bind.h"

namespace fcclip::bind {

/// Lives as long as one call of the library. Made and destroyed with the GIL held.
class Watch {
 public:
  /// callback: None, or called with (done, total) as the library tells it; False stops the work.
  explicit Watch(nb::object callback = nb::none());

  /// For the library. Takes the GIL only for the callback, and now and then to look for signals:
  /// while another Python thread works, getting it takes milliseconds.
  Progress progress();
  /// Calls into Python from the work, on any thread; what Python raises stops the work.
  template <typename Call>
  void tell(Call&& call) {
    const nb::gil_scoped_acquire gil;
    if (raised_) return;
    try {
      call();
    } catch (nb::python_error& error) {
      raised_.emplace(std::move(error));
      stopped_ = true;
    }
  }
  /// After the work: raises in Python what stopped it.
  void rethrow();

 private:
  bool go_on(int64_t done, int64_t total);

  nb::object callback_;
  std::optional<nb::python_error> raised_;  // touched with the GIL held
  std::atomic<bool> stopped_ = false;       // the same for the library's workers, without it
  std::thread::id thread_;
  std::chrono::steady_clock::time_point looked_;
};

/// What work() returns, run without the GIL. An interruption that Python asked for leaves as
/// Python's own exception: KeyboardInterrupt, or what the callback raised.
template <typename Work>
auto released(Watch& watch, Work&& work) {
  try {
    const nb::gil_scoped_release free;
    return work();
  } catch (const Error&) {
    watch.rethrow();
    throw;
  }
}

/// The same for work that nothing stops.
template <typename Work>
auto released(Work&& work) {
  const nb::gil_scoped_release free;
  return work();
}

}  // namespace fcclip::bind
