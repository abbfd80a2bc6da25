#pragma once
// The data sets of a run, each with its words, mixed by weight.

#include <optional>
#include <string>
#include <vector>

#include "fcclip/data/stream.h"
#include "fcclip/engine/bad_pictures.h"
#include "fcclip/train/segmentation_config.h"
#include "fcclip/train/source.h"

namespace fcclip::train {

/// One data set of several.
struct CollectedSet {
  Source source;
  data::Stream<int64_t> order;  ///< position among the set's own -> picture
  int64_t words = 0;            ///< which of the collection's vocabularies
  int64_t first = 0;            ///< number of its picture 0 among all pictures
  bool is_semantic = false;     ///< of label maps
};

/// A picture that a run sees.
struct Drawn {
  std::optional<data::Sample> sample;  ///< nothing: too many are bad
  int64_t set = 0;
  std::vector<engine::BadPicture> bad;  ///< met on the way; numbers count over all data sets
};

/// All of them.
class Collection {
 public:
  /// Throws what open_source throws; Error{invalid_argument} for weights (data::mixed). With a
  /// repeat factor the classes of all pictures are looked up; those that cannot be read have none.
  explicit Collection(const SegmentationConfig& config);

  /// The picture at a position of the run, a function of (seed, position) and the files alone; in
  /// place of a bad one the next of its data set. most: that may fail.
  Drawn draw(int64_t position, int64_t most) const;
  const std::vector<CollectedSet>& sets() const { return sets_; }
  /// Different ones; data sets with the same words share theirs.
  const std::vector<classify::Vocabulary>& vocabularies() const { return vocabularies_; }
  /// All words together: what the model has seen.
  classify::Vocabulary all_words() const;
  int64_t size() const { return size_; }  ///< pictures; kEndless where a data set is
  std::vector<std::string> remarks() const;

 private:
  void add(const DataSettings& settings, int64_t seed);

  std::vector<CollectedSet> sets_;
  std::vector<classify::Vocabulary> vocabularies_;
  data::Stream<data::Mixed> mixed_;
  int64_t size_ = 0;
};

}  // namespace fcclip::train
