#pragma once
// The one table of published models: recognising, `fcclip init`, tests and docs/model.md read it.

#include <string>
#include <string_view>
#include <vector>

#include "fcclip/model/config.h"

namespace fcclip::model {

/// A size of CLIP on which FC-CLIP was published, under open_clip's name.
struct PublishedModel {
  std::string name;
  clip::ClipConfig clip;
};

/// ConvNeXt-B, -L and -XXL, RN50, RN101, RN50x4, x16, x64.
const std::vector<PublishedModel>& published_models();

/// The row with these sizes as far as tensors tell them (tower, depths, widths); nullptr where
/// there is none.
const PublishedModel* find_published(const clip::ClipConfig& config);

/// The same by the image tower alone.
const PublishedModel* find_published_tower(const clip::ClipConfig& config);

/// What all published models on this kind of tower share besides sizes.
void apply_published_settings(Config& config);

/// A whole configuration: the published head on this CLIP.
Config published_config(const PublishedModel& model);

/// COCO's 133 panoptic classes, on which every published model was trained.
classify::Vocabulary published_training_vocabulary();

}  // namespace fcclip::model
