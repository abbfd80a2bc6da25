#include "fcclip/model/clip.h"

namespace fcclip::model {

Clip::Clip(const clip::ClipConfig& configuration)
    : config(configuration), image_tower(clip::make_image_tower(config)), text_tower(config) {
  image_tower->declare(table_, "backbone.clip_model.visual");
  text_tower.declare(table_, "backbone.clip_model");
}

void Clip::prepare(const ops::Packing& packing) {
  image_tower->prepare(packing);
  text_tower.prepare(packing);
}

std::unique_ptr<clip::Tokenizer> make_tokenizer(std::string_view merges,
                                                const clip::TextConfig& text) {
  // 256 bytes, each also as the end of a word, the start and the end token. An embedding with fewer
  // rows is a cut one: ids stay CLIP's, and the text tower refuses those outside by name.
  constexpr int64_t kSmallest = 2 * 256 + 2, kClip = 49408;
  const int64_t size = text.vocab_size >= kSmallest ? text.vocab_size : kClip;
  return std::make_unique<clip::Tokenizer>(merges, size, text.context_length);
}

}  // namespace fcclip::model
