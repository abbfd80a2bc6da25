#pragma once
// The answer to "what is in this picture": one value from inference to the files that are written.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/core/size.h"

namespace fcclip::results {

/// In the order of Segmentation::found's types.
enum class Task { panoptic, instance, semantic };

/// "panoptic", "instance", "semantic": in flags, files and messages.
std::string_view task_name(Task task);
/// Nothing for another word.
std::optional<Task> task_named(std::string_view name);

struct NameScore {
  std::string name;
  double score = 0;
};

/// Inference fills what masks and class scores say; describe (segmenter) adds the words.
struct Segment {
  int64_t id = 0;           ///< value in PanopticSegmentation::ids; else its position, from 1
  int64_t class_index = 0;  ///< contiguous, 0 … K−1: the position in the vocabulary
  bool is_thing = true;
  int64_t query = -1;  ///< that made it (stuff: the first of the merged ones); −1: none
  double score = 0;    ///< class probability, of instances times the mask's mean sigmoid inside it;
                       ///< negative where there is none (a truth)
  int64_t area_px = 0;
  std::array<int64_t, 4> box_xywh_px = {0, 0, 0, 0};
  std::vector<uint32_t> rle_counts;  ///< of instances: COCO's column-major runs, zeros first

  std::string name;     ///< the class's first synonym
  std::string synonym;  ///< the synonym that won
  double in_vocabulary_score = 0, out_of_vocabulary_score = 0;
  std::vector<NameScore> next_best;  ///< other classes of the same query
};

/// Every pixel belongs to one segment or to none.
struct PanopticSegmentation {
  at::Tensor ids;                 ///< [h, w] int32, 0 where there is none
  std::vector<Segment> segments;  ///< ids 1 … N in this order
};

/// Masks that may overlap, by falling score.
struct InstanceSegmentation {
  std::vector<Segment> segments;
};

/// A class for every pixel.
struct SemanticSegmentation {
  at::Tensor labels;              ///< [h, w] int32 class indices, −1 where there is none
  std::vector<Segment> segments;  ///< one for each class that occurs, by rising class index
};

/// What was found in one picture. Its kind is the type of `found`.
struct Segmentation {
  Size size;
  std::variant<PanopticSegmentation, InstanceSegmentation, SemanticSegmentation> found;
  double min_score = 0;         ///< the least score that was reported
  int64_t below_min_score = 0;  ///< segments left out for a smaller one (background not counted)
  std::vector<Segment> best_words = {};  ///< of the whole picture, where they were asked for

  Task task() const { return static_cast<Task>(found.index()); }
  const std::vector<Segment>& segments() const;
  std::vector<Segment>& segments();

  /// What `found` holds. Throws Error{invalid_argument} when that is of another kind.
  const PanopticSegmentation& panoptic() const;
  const InstanceSegmentation& instances() const;
  const SemanticSegmentation& semantic() const;
};

/// The segment's pixels inside its box: [height, width] of box_xywh_px, bool or uint8 (0 or 1).
at::Tensor mask_in_box(const Segmentation& segmentation, const Segment& segment);

/// Memory that maps and runs hold.
int64_t bytes_held(const PanopticSegmentation& found);
int64_t bytes_held(const InstanceSegmentation& found);
int64_t bytes_held(const SemanticSegmentation& found);
int64_t bytes_held(const Segmentation& segmentation);

}  // namespace fcclip::results
