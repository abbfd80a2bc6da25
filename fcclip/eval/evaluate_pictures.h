#pragma once
// Many pictures of a data set, scored one beside the other.

#include <exception>
#include <functional>
#include <span>
#include <vector>

#include "fcclip/core/progress.h"
#include "fcclip/eval/evaluator.h"

namespace fcclip::eval {

/// Which pictures of a split.
struct PictureList {
  std::vector<int64_t> indices;
  int64_t done_before = 0;  ///< counted in what is told of the progress, like these
};

/// A picture that has gone through all of it, or failed somewhere.
struct ScoredPicture {
  int64_t index = 0;
  PictureRecord record = {};
  std::exception_ptr failure = {};
};

/// Takes one after the other, in the list's order, from any thread; what it throws ends the run.
using TakeScored = std::function<void(ScoredPicture)>;

/// While the network works on one picture, the next are read with their truth and sent to its device, and the last ones are
/// scored and written by other threads. Evaluators, each of a segmenter on a device of its own and otherwise alike, take the
/// picture that is next; `workers` threads for each, 0: as many as fill its device. Throws what `take` throws;
/// Error{interrupted} as `progress` wants, which counts pictures that were begun: what was begun is scored first.
void evaluate_pictures(std::span<const Evaluator> evaluators, const PictureList& pictures,
                       const TakeScored& take, const Progress& progress = {}, int64_t workers = 0);

}  // namespace fcclip::eval
