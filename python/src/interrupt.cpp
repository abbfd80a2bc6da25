#include "python/src/interrupt.h"

namespace fcclip::bind {
namespace {

constexpr auto kBetweenLooks = std::chrono::milliseconds(50);

}  // namespace

Watch::Watch(nb::object callback)
    : callback_(std::move(callback)),
      thread_(std::this_thread::get_id()),
      looked_(std::chrono::steady_clock::now()) {}

Progress Watch::progress() {
  return [this](int64_t done, int64_t total) { return go_on(done, total); };
}

bool Watch::go_on(int64_t done, int64_t total) {
  // Python handles signals in its own threads, and the library may ask from one of its workers.
  if (std::this_thread::get_id() != thread_) return !stopped_;
  const auto now = std::chrono::steady_clock::now();
  const bool has_callback = callback_.ptr() != Py_None;
  if (!has_callback && now - looked_ < kBetweenLooks) return !stopped_;
  looked_ = now;
  bool wanted = true;
  tell([&] {
    if (PyErr_CheckSignals() != 0) throw nb::python_error();
    if (has_callback) wanted = callback_(done, total).ptr() != Py_False;
  });
  return wanted && !stopped_;
}

void Watch::rethrow() {
  if (!raised_) return;
  raised_->restore();
  raised_.reset();
  throw nb::python_error();
}

}  // namespace fcclip::bind
