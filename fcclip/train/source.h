#pragma once
// The pictures a run learns from or is judged by.

#include <memory>
#include <vector>

#include "fcclip/data/dataset.h"
#include "fcclip/train/segmentation_config.h"

namespace fcclip::train {

/// Where pictures and words come from.
struct Source {
  std::shared_ptr<const data::Dataset> dataset;
  /// Words of the run: what the network is asked; of a training source only classes it may know.
  classify::Vocabulary vocabulary;
  /// Position in `vocabulary` of each class of the data set; −1: it never occurs.
  std::vector<int64_t> class_map;

  /// Sample `index` (taken modulo the size of a finite data set) with classes of `vocabulary`.
  data::Sample get(int64_t index) const;
  /// Positions in `vocabulary` of what picture `index` shows, some perhaps twice.
  std::vector<int64_t> classes_of(int64_t index) const;
};

/// What a data set is opened for.
enum class Purpose { training, evaluation };

/// World: training scenes show seen things only, made of known pictures; evaluation scenes all
/// things, also of known pictures, from other seeds. Throws what the data sets throw;
/// Error{invalid_argument} for a kind that is not known.
Source open_source(const DataSettings& settings, Purpose purpose, int64_t seed);

}  // namespace fcclip::train
