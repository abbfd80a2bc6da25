#pragma once
// The architecture of a checkpoint from its tensors' names and shapes.

#include <map>
#include <string>
#include <vector>

#include "fcclip/model/model_config.h"

namespace fcclip {

/// Names as in a published FC-CLIP checkpoint ("backbone.clip_model.visual.…").
using TensorShapes = std::map<std::string, std::vector<int64_t>>;

/// What a checkpoint holds.
struct CheckpointParts {
  bool clip = false;  ///< backbone.clip_model.*
  bool head = false;  ///< sem_seg_head.*, void_embedding.weight
};
CheckpointParts parts_of(const TensorShapes& shapes);

/// Everything that CLIP's tensors tell: tower, depths, widths, head, text sizes; and, what they
/// can't tell, from the published model of that shape or else by convention: text heads = width /
/// 64, ResNet heads = channels / 64, eps 1e-6 (1e-5 for xxlarge), QuickGELU with a ResNet (OpenAI's
/// weights). Throws Error{missing_tensor} naming the tensor that its neighbours imply,
/// Error{shape_mismatch} for one that can't be.
clip::ClipConfig recognize_clip(const TensorShapes& shapes);

/// Fills the head's sizes: those that its tensors tell; points = 4, norm groups = 32 as in the
/// reference; decoder heads = width / 32. Throws as above.
void recognize_head(const TensorShapes& shapes, ModelConfig& config);

/// Name, ensemble and inference settings of the published model with these sizes. False when there
/// is none: the settings are then those that all published models share.
bool apply_published_settings(ModelConfig& config);

/// Number of classes the head was trained on, when the checkpoint still holds its loss weights;
/// else 0.
int64_t training_classes(const TensorShapes& shapes);

/// COCO's 133 panoptic classes, on which every published model was trained.
classify::Vocabulary published_training_vocabulary();

}  // namespace fcclip
