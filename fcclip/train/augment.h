#pragma once
// How a picture is varied before the network sees it: the reference's mappers.

#include <cstdint>
#include <vector>

#include "fcclip/core/random.h"
#include "fcclip/data/dataset.h"

namespace fcclip::train {

/// Which of the reference's mappers.
enum class Mapper {
  large_scale_jitter,  ///< coco_panoptic_lsj, coco_instance_lsj: the published recipe
  short_edge           ///< mask_former_semantic, _instance, _panoptic (short_edge.h)
};

/// How a shorter side is drawn from a list.
enum class SideSampling {
  choice,  ///< one of them
  range    ///< a whole number between the first and the last
};

/// How large a piece is cut out: detectron2's RandomCrop. Its size is given by two numbers.
enum class CropKind {
  none,
  absolute,        ///< height and width in pixels, the picture's at most
  absolute_range,  ///< each side between them, in pixels
  relative,        ///< shares of height and width
  relative_range   ///< shares from these up to 1
};

/// Mapper short_edge.
struct ShortEdgeOptions {
  std::vector<int64_t> sides = {800};  ///< shorter side, px
  SideSampling sampling = SideSampling::choice;
  int64_t max_side = 1333;  ///< of the longer one, px
  CropKind crop = CropKind::none;
  std::vector<double> crop_size = {0.9, 0.9};
  /// A piece with more than this share of one class is drawn again, up to ten times; 1: never.
  double crop_max_share = 1;
  bool colours = false;  ///< colour_jitter.h
  /// Side of the square that all are padded to (larger ones are cut); 0: batches are padded to
  /// their largest picture.
  int64_t pad_to = 0;
  /// Label maps are resized as by PyTorch, from the corners of pixels; else as by Pillow, from
  /// their centres. The reference's semantic mapper does the first, all others the second.
  bool labels_from_corners = false;
};

/// How a picture is varied.
struct AugmentOptions {
  int64_t crop_size = 1024;                 ///< side of the square that the network sees
  double min_scale = 0.1, max_scale = 2.0;  ///< uniform; of the size that fits into the square
  bool flip = true;                         ///< left and right, half of the time
  Mapper mapper = Mapper::large_scale_jitter;
  ShortEdgeOptions short_edge;
};

/// A new sample, by the mapper. Segments stay listed when a crop has none of their pixels, as in
/// the reference. Large-scale jitter gives crop_size × crop_size: rgb padded with 128, ids with 0
/// (void), right and bottom; pictures are resized bilinearly with antialiasing (Pillow's), ids to
/// the nearest. It draws: flip, scale, one crop position for both axes.
data::Sample augment(const data::Sample& sample, const AugmentOptions& options, Random& random);

}  // namespace fcclip::train
