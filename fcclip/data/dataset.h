#pragma once
// A data set is size() and get(): pictures with their true segments, whatever the files look like.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/classify/vocabulary.h"
#include "fcclip/core/endless.h"
#include "fcclip/results/rle.h"

namespace fcclip::data {

/// One true segment of a picture.
struct TruthSegment {
  int64_t id = 0;           ///< value in Sample::ids, above 0
  int64_t class_index = 0;  ///< position in the data set's vocabulary
  bool is_crowd = false;    ///< a group of things that were not told apart: ignored in training,
                            ///< special in scores
};

/// A picture with its truth.
struct Sample {
  std::string name;  ///< unique in the data set; the file's name without extension
  at::Tensor rgb;    ///< [H, W, 3] uint8
  at::Tensor ids;    ///< [H, W] int32; 0 is void: not labelled, never scored
  std::vector<TruthSegment> segments;  ///< every id of `ids` above 0, once
  /// Whole masks of the segments that others cover, by id: `ids` has what is seen of them, perhaps
  /// nothing.
  std::map<int64_t, results::Rle> covered;
  std::string caption;  ///< empty when the data set has none
};

/// Pictures by number. Const calls may come from several threads at once.
class Dataset {
 public:
  virtual ~Dataset() = default;
  /// Endless data sets return kEndless and accept every index.
  virtual int64_t size() const = 0;
  /// Thread-safe; the same index gives the same sample. Throws Error{not_found, bad_format} naming
  /// the file.
  virtual Sample get(int64_t index) const = 0;
  virtual const classify::Vocabulary& vocabulary() const = 0;
  /// Classes that picture `index` shows, as positions in the vocabulary, some perhaps twice. Throws
  /// as get().
  virtual std::vector<int64_t> classes_of(int64_t index) const;
  /// What was left out or mended in the annotation files, a line each, the file first.
  virtual std::vector<std::string> remarks() const { return {}; }
};

}  // namespace fcclip::data
