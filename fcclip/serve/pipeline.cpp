#include "fcclip/serve/pipeline.h"

#include <algorithm>

#include "fcclip/core/boundary.h"
#include "fcclip/core/freed_memory.h"
#include "fcclip/serve/problem.h"
#include "fcclip/serve/service_parts.h"

namespace fcclip::serve {
namespace {

constexpr size_t kReaders = 2, kConcluders = 2;  // for each device
constexpr std::chrono::seconds kSweepEvery{15};

// What one run of the network can hold together.
bool fits_together(const Work& a, const Work& b) {
  const EncodeOptions& x = a.question.encode;
  const EncodeOptions& y = b.question.encode;
  return a.model_name == b.model_name && a.picture->height() == b.picture->height() &&
         a.picture->width() == b.picture->width() && x.short_side_px == y.short_side_px &&
         x.max_side_px == y.max_side_px;
}

}  // namespace

bool Slots::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return closed_ || free_ > 0; });
  if (closed_) return false;
  --free_;
  return true;
}

void Slots::give_back() {
  {
    const std::lock_guard lock(mutex_);
    ++free_;
  }
  changed_.notify_one();
}

void Slots::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

Pipeline::Pipeline(ServiceParts& parts) : parts_(parts), decoded_(parts.limits.decoded_ahead) {
  const size_t devices = parts.models.devices();
  for (size_t i = 0; i < kReaders * devices; ++i)
    threads_.emplace_back([this] { read_pictures(); });
  for (size_t i = 0; i < devices; ++i) threads_.emplace_back([this, i] { run_network(i); });
  threads_.emplace_back([this] { prepare_words(); });
  for (size_t i = 0; i < kConcluders * devices; ++i)
    threads_.emplace_back([this] { answer_questions(); });
  threads_.emplace_back([this] { watch_time(); });
}

Pipeline::~Pipeline() {
  std::vector<Pointer> left;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const auto& [id, work] : by_id_) {
      if (Pointer alive = work.lock()) left.push_back(std::move(alive));
    }
  }
  for (const Pointer& work : left)
    work->end(problem(ErrorCode::unavailable, "the server is ending", work->request.id));
  to_read_.close();
  to_encode_.close();
  to_prepare_.close();
  to_conclude_.close();
  decoded_.close();
  time_changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Pipeline::submit(const Pointer& work) {
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(by_id_, [](const auto& entry) { return entry.second.expired(); });
    by_id_[work->request.id] = work;
    deadlines_.emplace_back(work->arrival + parts_.limits.timeout, work);
  }
  time_changed_.notify_one();
  enqueue(work->route.has_picture ? to_read_ : to_conclude_, work);
}

void Pipeline::forget(const Work& work) {
  if (to_read_.remove(work) || to_prepare_.remove(work) || to_conclude_.remove(work)) return;
  if (to_encode_.remove(work) && work.holds_decoded_place) decoded_.give_back();
}

std::optional<Pipeline::Whereabouts> Pipeline::find(const std::string& request_id) const {
  Pointer work;
  {
    const std::lock_guard lock(mutex_);
    const auto found = by_id_.find(request_id);
    if (found != by_id_.end()) work = found->second.lock();
  }
  if (!work || work->ended()) return {};
  if (const auto before = to_read_.before(*work)) return {{false, to_encode_.size() + *before + 1}};
  if (const auto before = to_encode_.before(*work)) return {{false, *before + 1}};
  if (const auto before = to_prepare_.before(*work)) return {{false, *before + 1}};
  if (const auto before = to_conclude_.before(*work)) return {{false, *before + 1}};
  return {{true, 0}};
}

int64_t Pipeline::waiting() const {
  return to_read_.size() + to_encode_.size() + to_prepare_.size() + to_conclude_.size();
}

void Pipeline::enqueue(Queue& queue, const Pointer& work) {
  work->waiting_since = Clock::now();
  queue.push(work->request.client, work);
}

void Pipeline::begin_stage(Work& work) {
  work.times.queue += seconds_since(work.waiting_since);
}

void Pipeline::give_slot_back(Work& work) {
  if (!work.holds_decoded_place) return;
  work.holds_decoded_place = false;
  decoded_.give_back();
}

// Whether the stage was done; where not, the work has ended.
template <typename Stage>
bool Pipeline::guarded(const Pointer& work, Stage stage) {
  if (work->ended()) return false;
  try {
    stage();
    return !work->ended();
  } catch (const std::exception& error) {
    const Error known = as_error(error);
    work->end(problem(known.code(), known.what(), work->request.id));
    return false;
  }
}

void Pipeline::read_pictures() {
  // The place first: who waits for one keeps its turn in the queue.
  while (decoded_.take()) {
    const Pointer work = to_read_.pop();
    if (!work) return;
    work->holds_decoded_place = true;
    read(work);
  }
}

void Pipeline::read(const Pointer& work) {
  begin_stage(*work);
  const Clock::time_point begin = Clock::now();
  const bool done = guarded(work, [&] { work->route.read(*work, parts_); });
  work->is_read = done;
  work->times.decode = seconds_since(begin);
  if (done) {
    work->request.body = {};  // its picture and fields are read
    enqueue(to_encode_, work);
  } else {
    give_slot_back(*work);
  }
}

void Pipeline::run_network(size_t device) {
  while (const Pointer first = to_encode_.pop()) {
    std::vector<Pointer> works = {first};
    if (parts_.limits.batch > 1) {
      const auto fits = [&](const Work& work) { return fits_together(*first, work); };
      std::ranges::move(to_encode_.pop_more(parts_.limits.batch - 1, fits),
                        std::back_inserter(works));
    }
    for (const Pointer& work : works) {
      begin_stage(*work);
      work->device = device;
      work->model = parts_.models.get(work->model_name, device);
    }
    encode(works);
    for (const Pointer& work : works) {
      give_slot_back(*work);
      if (work->image && !work->ended()) enqueue(to_conclude_, work);
    }
  }
}

// What a GPU has not done yet is not encoded: places, times and the order of questions would mean nothing.
void Pipeline::encode(const std::vector<Pointer>& works) {
  if (works.size() == 1) return encode_alone(works);
  const Clock::time_point begin = Clock::now();
  std::vector<PictureView> views;
  for (const Pointer& work : works) views.push_back(work->picture->view());
  EncodeOptions options = works.front()->question.encode;
  options.batch = std::ssize(works);
  options.progress = [&](int64_t, int64_t) {
    return !std::ranges::all_of(works, [](const Pointer& work) { return work->ended(); });
  };
  try {
    std::vector<Image> images = works.front()->model->encode(views, options);
    images.back().wait();
    for (size_t i = 0; i < works.size(); ++i) {
      works[i]->image = std::move(images[i]);
      works[i]->times.encode = seconds_since(begin);
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::interrupted) encode_alone(works);  // one's fault is not all's
  }
}

void Pipeline::encode_alone(const std::vector<Pointer>& works) {
  for (const Pointer& work : works) {
    const Clock::time_point begin = Clock::now();
    guarded(work, [&] {
      EncodeOptions options = work->question.encode;
      options.progress = work->going_on();
      const Image image = work->model->encode(work->picture->view(), options);
      image.wait();
      work->image = image;
    });
    work->times.encode = seconds_since(begin);
  }
}

void Pipeline::prepare_words() {
  while (const Pointer work = to_prepare_.pop()) {
    begin_stage(*work);
    prepare(work);
  }
}

// The text tower may run for long: one request at a time, so that it keeps nobody's known words.
void Pipeline::prepare(const Pointer& work) {
  const Clock::time_point begin = Clock::now();
  const bool done = guarded(work, [&] {
    work->words = parts_.words.get(*work->model, copy_name(work->model_name, work->device),
                                   work->asked, work->going_on());
  });
  work->times.ask += seconds_since(begin);
  if (done) enqueue(to_conclude_, work);
}

void Pipeline::answer_questions() {
  while (const Pointer work = to_conclude_.pop()) {
    begin_stage(*work);
    conclude(work);
  }
}

// Whether the words are ready, in memory.
bool Pipeline::finds_words(Work& work) {
  if (!work.words) {
    work.asked = words_for(work.question, *work.model);
    work.words = parts_.words.find(copy_name(work.model_name, work.device), work.asked);
  }
  return work.words.has_value();
}

void Pipeline::conclude(const Pointer& work) {
  guarded(work, [&] {
    if (!work->is_read) work->route.read(*work, parts_);
    work->is_read = true;
    if (work->route.has_words && !finds_words(*work)) return enqueue(to_prepare_, work);
    Response response = work->route.conclude(*work, parts_);
    response.headers.push_back({"Server-Timing", server_timing(work->times)});
    parts_.metrics.observe(work->times);
    work->end(std::move(response));
  });
}

void Pipeline::watch_time() {
  Clock::time_point next_sweep = Clock::now() + kSweepEvery;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    Clock::time_point until = next_sweep;
    if (!deadlines_.empty()) until = std::min(until, deadlines_.front().first);
    time_changed_.wait_until(lock, until);
    lock.unlock();
    const Clock::time_point now = Clock::now();
    expire(now);
    if (now >= next_sweep) {
      parts_.images.sweep(now);
      give_back_freed_memory();
      next_sweep = now + kSweepEvery;
    }
    lock.lock();
  }
}

void Pipeline::expire(Clock::time_point now) {
  while (true) {
    Pointer work;
    {
      const std::lock_guard lock(mutex_);
      if (deadlines_.empty() || deadlines_.front().first > now) return;
      work = deadlines_.front().second.lock();
      deadlines_.pop_front();
    }
    if (!work) continue;
    const bool late = work->end(problem(ErrorCode::timed_out,
                                        "not answered in time; the server is busy, or the picture "
                                        "too large for it",
                                        work->request.id));
    if (late) forget(*work);
  }
}

}  // namespace fcclip::serve
