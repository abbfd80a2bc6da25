#include "fcclip/model/model.h"

#include <algorithm>
#include <array>

#include <ATen/ATen.h>

namespace fcclip {

Model::Model(ModelConfig configuration)
    : config((validate(configuration), std::move(configuration))),
      image_tower(clip::make_image_tower(config.clip)),
      text_tower(config.clip),
      pixel_decoder(config.pixel_decoder),
      mask_decoder(config.mask_decoder) {
  image_tower->declare(table_, "backbone.clip_model.visual");
  text_tower.declare(table_, "backbone.clip_model");
  pixel_decoder.declare(table_, "sem_seg_head.pixel_decoder");
  mask_decoder.declare(table_, "sem_seg_head.predictor");
  table_.add("void_embedding.weight", void_embedding, {1, config.clip.embed_dim},
             nn::WeightRole::embedding);
}

void Model::prepare() {
  image_tower->prepare();
  text_tower.prepare();
  pixel_decoder.prepare();
  mask_decoder.prepare();
}

bool is_ignored_tensor(const std::string& name) {
  constexpr std::array<std::string_view, 3> kEndings = {"num_batches_tracked", "attn_mask",
                                                        "criterion.empty_weight"};
  return std::any_of(kEndings.begin(), kEndings.end(),
                     [&](std::string_view ending) { return name.ends_with(ending); });
}

}  // namespace fcclip
