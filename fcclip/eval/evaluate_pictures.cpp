#include "fcclip/eval/evaluate_pictures.h"

#include <memory>
#include <mutex>

#include "fcclip/core/shared_loader.h"
#include "fcclip/ops/stream_fork.h"
#include "fcclip/runs/ordered_work.h"
#include "fcclip/runs/threads_beside.h"

namespace fcclip::eval {
namespace {

// Answers that wait to be scored hold at most so much; a larger one waits alone.
constexpr int64_t kWaitingBytes = int64_t{128} << 20;

int64_t bytes_of(const PictureAnswer& answer) {
  int64_t bytes = answer.labels.defined() ? static_cast<int64_t>(answer.labels.nbytes()) : 0;
  if (answer.panoptic) bytes += results::bytes_held(*answer.panoptic);
  if (answer.instances) bytes += results::bytes_held(*answer.instances);
  return bytes;
}

/// What threads know of a picture. Only who finishes its pieces, in order, changes `scored`.
struct Picture {
  PictureCase one;
  ScoredPicture scored;
};

/// One classifier's part of a picture.
struct Piece {
  std::shared_ptr<Picture> picture;
  size_t classifier = 0;
  PictureAnswer answer = {};
  ScoreRecord scores = {};
  std::exception_ptr failure = {};
};

class PictureLine {
 public:
  PictureLine(std::span<const Evaluator> evaluators, const PictureList& pictures,
              const TakeScored& take, const Progress& progress, int64_t workers)
      : evaluators_(evaluators),
        pictures_(pictures),
        take_(take),
        progress_(progress),
        workers_(workers > 0 ? workers : evaluators.front().segmenter().threads_that_fill()),
        beside_(runs::threads_beside(std::ssize(evaluators) * workers_)),
        cases_([this](int64_t i) { return read(i); }, std::ssize(pictures.indices),
               {beside_.before, beside_.before}, [this](int64_t i) { return tell(i); }),
        scoring_(beside_.behind, kWaitingBytes) {}

  void run() {
    std::vector<ops::StreamFork> forks;
    for (const Evaluator& one : evaluators_) forks.push_back(one.segmenter().fork());
    ops::run_branches(forks, workers_, [this](size_t own) { run_worker(evaluators_[own]); });
    scoring_.finish();
    if (stop_) std::rethrow_exception(stop_);
  }

 private:
  using Cases = SharedLoader<PictureCase>;

  PictureCase read(int64_t i) const {
    PictureCase one = evaluators_.front().read(pictures_.indices[static_cast<size_t>(i)]);
    // Of several devices nobody knows yet which takes it.
    if (evaluators_.size() == 1) evaluators_.front().send(one);
    return one;
  }

  bool tell(int64_t i) const {
    const int64_t before = pictures_.done_before;
    report_progress(progress_, before + i, before + std::ssize(pictures_.indices), "pictures");
    return true;
  }

  void run_worker(const Evaluator& evaluator) {
    try {
      while (std::optional<Cases::Turn> turn = cases_.take()) evaluate(evaluator, *turn);
    } catch (const runs::OrderedWork::Stopped&) {
      cases_.end();  // finish() says why
    } catch (...) {
      cases_.end();
      const std::lock_guard lock(mutex_);
      if (!stop_) stop_ = std::current_exception();
    }
  }

  // Whatever becomes of the picture, each of its pieces is given: others may wait for them.
  void evaluate(const Evaluator& evaluator, Cases::Turn& turn) {
    const auto picture = std::make_shared<Picture>();
    picture->scored.index = pictures_.indices[static_cast<size_t>(turn.number)];
    size_t given = 0;
    const auto give = [&](PictureAnswer answer, std::exception_ptr failure) {
      const size_t place = static_cast<size_t>(turn.number) * evaluator.classifiers() + given;
      hand_over({picture, given++, std::move(answer), {}, std::move(failure)}, place);
    };
    std::exception_ptr failure = turn.failure;
    try {
      if (!failure) answer_each(evaluator, *turn.item, *picture, give);
    } catch (const runs::OrderedWork::Stopped&) {
      throw;
    } catch (...) {
      failure = std::current_exception();
    }
    while (given < evaluator.classifiers()) give({}, failure);
  }

  template <typename Give>
  static void answer_each(const Evaluator& evaluator, PictureCase& one, Picture& picture,
                          const Give& give) {
    EncodedCase encoded = evaluator.encode(one);
    picture.one = std::move(one);
    picture.scored.record = evaluator.begin_record(picture.one);
    for (size_t i = 0; i < evaluator.classifiers(); ++i) {
      give(evaluator.answer(picture.one, encoded, i), nullptr);
    }
  }

  void hand_over(Piece piece, size_t place) {
    const int64_t bytes = bytes_of(piece.answer);
    const auto shared = std::make_shared<Piece>(std::move(piece));
    scoring_.add_at(
        static_cast<int64_t>(place),
        [this, shared]() -> runs::OrderedWork::Finish {
          score(*shared);
          return [this, shared] { finish(*shared); };
        },
        bytes);
  }

  void score(Piece& piece) const {
    if (piece.failure) return;
    try {
      piece.scores = evaluators_.front().score(piece.picture->one, piece.answer, piece.classifier);
    } catch (...) {
      piece.failure = std::current_exception();
    }
  }

  void finish(Piece& piece) const {
    ScoredPicture& scored = piece.picture->scored;
    const Evaluator& evaluator = evaluators_.front();
    if (!scored.failure) scored.failure = piece.failure;
    if (!scored.failure) {
      evaluator.add(scored.record, piece.classifier, std::move(piece.scores),
                    std::move(piece.answer));
    }
    if (piece.classifier + 1 == evaluator.classifiers()) take_(std::move(scored));
  }

  const std::span<const Evaluator> evaluators_;
  const PictureList& pictures_;
  const TakeScored& take_;
  const Progress& progress_;
  const int64_t workers_;
  const runs::ThreadsBeside beside_;
  std::mutex mutex_;
  std::exception_ptr stop_;
  Cases cases_;
  runs::OrderedWork scoring_;  // last: its threads use the others
};

}  // namespace

void evaluate_pictures(std::span<const Evaluator> evaluators, const PictureList& pictures,
                       const TakeScored& take, const Progress& progress, int64_t workers) {
  PictureLine(evaluators, pictures, take, progress, workers).run();
}

}  // namespace fcclip::eval
