#pragma once
// The truth and the answers of one picture, ready to be scored.

#include <optional>
#include <string>
#include <vector>

#include "fcclip/data/dataset_split.h"
#include "fcclip/eval/evaluate_options.h"
#include "fcclip/eval/picture_scores.h"

namespace fcclip::eval {

/// What Cityscapes' own metrics need of a picture.
struct CityscapesTruth {
  at::Tensor instance_ids;          ///< [h, w] int32, as its PNGs have them
  at::Tensor label_ids;             ///< likewise; undefined when not asked for
  std::vector<int> label_of_class;  ///< label ids of the vocabulary's classes
  std::string file;                 ///< of the instance ids, for messages
};

/// What is right.
struct PictureTruth {
  std::optional<PanopticMap> panoptic;  ///< categories are positions in the vocabulary
  std::optional<data::PictureInstances> instances;
  at::Tensor labels;                          ///< undefined when not asked for
  std::optional<CityscapesTruth> cityscapes;  ///< where its own metrics are asked for
};

/// What the options ask for. Things of a panoptic truth serve as instances where there are no
/// others. Throws as DatasetSplit does.
PictureTruth read_truth(const data::DatasetSplit& split, int64_t index,
                        const EvaluateOptions& options);

/// Instances of things of a panoptic map.
data::PictureInstances instances_of(const PanopticMap& map, const classify::Vocabulary& vocabulary);

/// What was found; labels [H, W] int32, undefined where not asked for.
struct PictureAnswer {
  std::optional<results::PanopticSegmentation> panoptic;
  std::optional<results::InstanceSegmentation> instances;
  at::Tensor labels;
};

/// Adds one picture's answer to the scores. `picture` names it in messages. What is thrown names
/// the picture.
void score_answer(PictureScores& scores, const PictureTruth& truth, const PictureAnswer& answer,
                  int64_t index, std::string_view picture);

/// One region per true segment: [S, h, w] bool and their classes; of the panoptic truth, or of the
/// instances, or of the labels.
struct TrueRegions {
  at::Tensor masks;
  std::vector<int64_t> classes, ids;
  std::vector<bool> from_things;
};
/// Masks of the truth, for oracle classifiers.
TrueRegions true_regions(const PictureTruth& truth, const classify::Vocabulary& vocabulary);

/// Log-probabilities [Q, K+1] that give each mask the class of the region it overlaps most, with
/// that IoU as probability and the rest as void.
at::Tensor true_names(const segmenter::EncodedImage& image, const TrueRegions& regions,
                      int64_t classes);

/// The answer whose masks are the true ones, named by log_probs [S, K+1].
PictureAnswer answer_with_true_masks(const PictureTruth& truth, const TrueRegions& regions,
                                     const at::Tensor& log_probs,
                                     const classify::Vocabulary& vocabulary);

}  // namespace fcclip::eval
