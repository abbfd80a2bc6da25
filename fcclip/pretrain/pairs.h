#pragma once
// Pictures with the words that are true of them.

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/engine/bad_pictures.h"

namespace fcclip::pretrain {

/// Names are numbers: positions in PairSource::names(). Higher numbers stand for what has no name
/// but is the same in two pairs all the same (a picture with several captions).
struct Pair {
  at::Tensor rgb;  ///< [side, side, 3] uint8; pairs of one window share the tensor
  std::string caption;
  std::vector<int64_t> present;  ///< names of what the picture shows, the subject's first; may be
                                 ///< empty where nobody said
  std::vector<int64_t> named;    ///< names in the caption
  at::Tensor cells;  ///< [side/32 · side/32] float: share of each cell of the stride-32 map that
                     ///< the subject covers; undefined: the whole picture is the subject
  std::vector<engine::BadPicture> instead_of;  ///< those whose place this one takes
};

/// Pairs first … first + count − 1 of one batch (several processes share a batch).
struct PairRequest {
  int64_t step = 0;
  double progress = 0;  ///< of the run, 0 … 1: pictures get harder
  int64_t side = 64;    ///< pixels
  int64_t first = 0, count = 0;
  bool windows = false;  ///< onto scenes, with subjects; otherwise a picture a pair, without
};

/// Where pairs come from. Const calls may come from several threads at once.
class PairSource {
 public:
  virtual ~PairSource() = default;
  /// A pure function of the request (and the source's seed). Thread-safe. In place of a picture
  /// that cannot be used stands the next one that can (engine/bad_pictures.h), or a black one when
  /// there is none; other errors are thrown.
  virtual std::vector<Pair> draw(const PairRequest& request) const = 0;
  /// Every name, first the classes of the training-only classification; possibly none.
  virtual const std::vector<std::string>& names() const = 0;
  /// How many of names() are classes.
  virtual int64_t classes() const = 0;
  /// Texts like those that will come: what the byte-pair vocabulary is trained on.
  virtual std::vector<std::string> texts() const = 0;
  /// Requests start and end at multiples of this, so that a batch is the same however many
  /// processes share it.
  virtual int64_t group() const { return 1; }
  /// How many pictures there are, and how many of them may be unusable; of a source without files
  /// none may.
  virtual int64_t pictures() const { return 1; }
  virtual double bad_share() const { return 0; }
  /// Whether requests for windows are understood.
  virtual bool draws_windows() const { return false; }
};

}  // namespace fcclip::pretrain
