#pragma once
// The architecture of a checkpoint from its tensors' names and shapes.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "fcclip/model/config.h"

namespace fcclip::model {

/// Names as in a published FC-CLIP checkpoint ("backbone.clip_model.visual.…").
using TensorShapes = std::map<std::string, std::vector<int64_t>>;

inline constexpr std::string_view kClipPrefix = "backbone.clip_model.";

/// What a checkpoint holds.
struct CheckpointParts {
  bool clip = false;  ///< backbone.clip_model.*
  bool head = false;  ///< sem_seg_head.*, void_embedding.weight
};
CheckpointParts parts_of(const TensorShapes& shapes);

/// Everything that CLIP's tensors tell: tower, depths, widths, head, text sizes; and, what they
/// can't tell, from the published model of that shape (published.h) or else by convention: text
/// heads = width / 64, ResNet heads = channels / 64, eps 1e-6, QuickGELU with a ResNet (OpenAI's
/// weights). Throws Error{missing_tensor} naming the tensor that its neighbours imply,
/// Error{shape_mismatch} for one that can't be.
clip::ClipConfig recognize_clip(const TensorShapes& shapes);

/// Fills the head's sizes: those that its tensors tell; points = 4, norm groups = 32 as in the
/// reference; decoder heads = width / 32. Throws as above.
void recognize_head(const TensorShapes& shapes, Config& config);

/// Which successor of FC-CLIP's head this is, and with what it was published: COAT
/// (`frozen_backbone.*`, a second CLIP), Mask-Adapter (`mask_adapter.*`), MAFT+ (`cdt.*`; semantic
/// unless the classes of its loss say panoptic), or an adapter on MAFT+. Fills naming, ensemble,
/// thresholds, input size, and MAFT+'s training vocabulary. Throws as above.
void recognize_naming(const TensorShapes& shapes, Config& config);

/// What config.naming was published with: ensemble, thresholds, input size; of MAFT+ by itself the
/// form.
void apply_published_naming(Config& config, bool is_semantic);
/// The same of COAT, which is FC-CLIP's head with other numbers.
void apply_published_coat(Config& config);

/// CLIP's sizes and, where it is there, the head's; the published model's name, or one that says
/// that there is none of these sizes; settings that all published models share. Throws as above.
Config recognize(const TensorShapes& shapes);

/// Number of classes the head was trained on, when the checkpoint still holds its loss weights;
/// else 0.
int64_t training_classes(const TensorShapes& shapes);

}  // namespace fcclip::model
