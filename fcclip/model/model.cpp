#include "fcclip/model/model.h"

namespace fcclip::model {
namespace {

std::shared_ptr<Clip> clip_of(const Config& config) {
  auto clip = std::make_shared<Clip>(config.clip);
  clip->pixels = config.pixels;
  return clip;
}

Config around(Config config, const Clip& clip) {
  config.clip = clip.config;
  config.pixels.mean = clip.pixels.mean;
  config.pixels.std = clip.pixels.std;
  check_fit(config);
  return config;
}

}  // namespace

Head::Head(const head::PixelDecoderConfig& pixel, const head::MaskDecoderConfig& mask)
    : pixel_decoder(pixel), mask_decoder(mask) {
  pixel_decoder.declare(table_, "sem_seg_head.pixel_decoder");
  mask_decoder.declare(table_, "sem_seg_head.predictor");
  table_.add("void_embedding.weight", void_embedding, {1, mask.embed_dim},
             nn::WeightRole::embedding);
}

void Head::prepare(const ops::Packing& packing) {
  pixel_decoder.prepare(packing);
  mask_decoder.prepare();
}

Model::Model(const Config& configuration) : Model(configuration, clip_of(configuration)) {}

Model::Model(const Config& configuration, std::shared_ptr<Clip> frozen)
    : config(around(configuration, *frozen)),
      clip(std::move(frozen)),
      head(config.pixel_decoder, config.mask_decoder),
      naming(config.naming, config.clip) {
  table_.append(clip->weights());
  table_.append(head.weights());
  table_.append(naming.weights());
}

void Model::prepare(const ops::Packing& packing) {
  clip->prepare(packing);
  prepare_beside_clip(packing);
}

void Model::prepare_beside_clip(const ops::Packing& packing) {
  head.prepare(packing);
  naming.prepare(packing);
}

}  // namespace fcclip::model
