#include "fcclip/api/model.h"

#include <ATen/Parallel.h>

#include "fcclip/api/answers.h"
#include "fcclip/api/ask_options.h"
#include "fcclip/api/pixels.h"
#include "fcclip/api/words.h"
#include "fcclip/core/boundary.h"
#include "fcclip/core/device.h"
#include "fcclip/ops/own_memory.h"
#include "fcclip/segmenter/best_words.h"

namespace fcclip {
inline namespace v1 {
namespace {

AskOptions defaults_of(const segmenter::Segmenter& segmenter) {
  const segmenter::AskOptions own = segmenter.ask_defaults();
  AskOptions defaults;
  defaults.alpha = own.ensemble.alpha;
  defaults.beta = own.ensemble.beta;
  defaults.clip_trust = own.ensemble.clip_trust;
  defaults.object_mask_threshold = own.panoptic.object_mask_threshold;
  defaults.overlap_threshold = own.panoptic.overlap_threshold;
  defaults.top_k = own.instances.top_k;
  defaults.things_only = own.instances.things_only;
  return defaults;
}

ModelInfo info_of(const segmenter::Segmenter& segmenter, const std::string& device) {
  const model::Config& config = segmenter.config();
  ModelInfo info;
  info.name = config.name;
  info.provenance = config.provenance;
  info.device = device;
  info.short_side_px = config.pixels.short_side;
  info.max_side_px = config.pixels.max_side;
  info.queries = config.mask_decoder.queries;
  info.defaults = defaults_of(segmenter);
  info.training_words = words_of(config.training_vocabulary);
  return info;
}

segmenter::EncodeSize size_of(const EncodeOptions& options) {
  if (options.short_side_px < 0 || options.max_side_px < 0 || options.batch < 1) {
    fail(ErrorCode::invalid_argument, "encoding with sides of ", options.short_side_px, " and ",
         options.max_side_px, " pixels, ", options.batch, " pictures at once");
  }
  return {options.short_side_px, options.max_side_px};
}

}  // namespace

Size Image::size() const {
  return encoded_->image.original;
}

int64_t Image::bytes() const {
  const segmenter::EncodedImage& image = encoded_->image;
  int64_t bytes = sizeof(Encoded);
  for (const at::Tensor& tensor :
       {image.mask_logits, image.class_embed, image.clip_embed, image.valid})
    bytes += static_cast<int64_t>(tensor.nbytes());
  bytes += image.naming.bytes();
  return bytes;
}

void Image::wait() const {
  translating_errors([&] { encoded_->image.wait(); });
}

Image settled(const Image& image) {
  return translating_errors([&] {
    Image::Encoded copy = *image.encoded();
    segmenter::EncodedImage& own = copy.image;
    const std::vector<at::Tensor> moved =
        ops::in_own_memory({own.mask_logits, own.class_embed, own.clip_embed, own.valid});
    own.mask_logits = moved[0];
    own.class_embed = moved[1];
    own.clip_embed = moved[2];
    own.valid = moved[3];
    own.naming = naming::in_own_memory(own.naming);
    return Image(std::make_shared<const Image::Encoded>(std::move(copy)));
  });
}

Picture settled(const Picture& picture) {
  return translating_errors(
      [&] { return picture_of(ops::in_own_memory({picture.pixels()->rgb}).front()); });
}

const Words& PreparedWords::words() const {
  return prepared_->words;
}

int64_t PreparedWords::cached() const {
  return prepared_->vocabulary.classifier.cached;
}

int64_t PreparedWords::computed() const {
  return prepared_->vocabulary.classifier.computed;
}

Model Model::load(const std::string& path, const LoadOptions& options) {
  return translating_errors([&] {
    segmenter::Segmenter segmenter = segmenter::Segmenter::load(
        path, {options.device, options.use_text_cache, options.cache_folder, options.cache_bytes,
               ops::products_named(options.dtype, parse_device(options.device)), options.log});
    ModelInfo info = info_of(segmenter, options.device);
    return Model(std::make_shared<const Loaded>(Loaded{std::move(segmenter), std::move(info)}));
  });
}

const ModelInfo& Model::info() const {
  return loaded_->info;
}

Image Model::encode(const PictureView& picture, const EncodeOptions& options) const {
  return encode(std::span(&picture, 1), options).front();
}

std::vector<Image> Model::encode(std::span<const PictureView> pictures,
                                 const EncodeOptions& options) const {
  return translating_errors([&] {
    const segmenter::EncodeSize size = size_of(options);
    std::vector<at::Tensor> pixels;
    for (const PictureView& picture : pictures) pixels.push_back(rgb_tensor(picture));
    std::vector<Image> images;
    for (segmenter::EncodedImage& image :
         loaded_->segmenter.encode_each(pixels, size, options.batch, options.progress)) {
      images.emplace_back(
          std::make_shared<const Image::Encoded>(Image::Encoded{std::move(image), loaded_}));
    }
    return images;
  });
}

PreparedWords Model::prepare(const Words& words, const PrepareOptions& options) const {
  return translating_errors([&] {
    const classify::Vocabulary vocabulary = vocabulary_of(words);
    return PreparedWords(std::make_shared<const PreparedWords::Prepared>(PreparedWords::Prepared{
        words_of(vocabulary),
        loaded_->segmenter.prepare(vocabulary, options.progress, options.templates), loaded_}));
  });
}

Segmentation Model::ask(const Image& image, const PreparedWords& words,
                        const AskOptions& options) const {
  return translating_errors([&] {
    check_model("the image was encoded by", *image.encoded(), loaded_);
    check_model("the words were prepared by", *words.prepared(), loaded_);
    return answer_of(loaded_->segmenter.ask(image.encoded()->image, words.prepared()->vocabulary,
                                            filled(loaded_->segmenter, options)));
  });
}

Segmentation Model::at(const Image& image, const PreparedWords& words, const Place& place,
                       const AskOptions& options) const {
  return translating_errors([&] {
    check_model("the image was encoded by", *image.encoded(), loaded_);
    check_model("the words were prepared by", *words.prepared(), loaded_);
    return answer_of(loaded_->segmenter.at(image.encoded()->image, words.prepared()->vocabulary,
                                           {place.points_xy_px, place.box_xywh_px},
                                           filled(loaded_->segmenter, options)));
  });
}

Segmentation Model::best_words(const Image& image, const PreparedWords& words, int64_t count,
                               const AskOptions& options) const {
  return translating_errors([&] {
    check_model("the image was encoded by", *image.encoded(), loaded_);
    check_model("the words were prepared by", *words.prepared(), loaded_);
    if (count < 1) {
      fail(ErrorCode::invalid_argument, "the ", count,
           " best words were asked for; expected 1 or more");
    }
    segmenter::AskOptions all = filled(loaded_->segmenter, options);
    all.best_words = count;
    return answer_of(segmenter::masks_of_best_words(loaded_->segmenter, image.encoded()->image,
                                                    words.prepared()->vocabulary, all));
  });
}

void set_threads(int threads) {
  translating_errors([&] {
    if (threads < 0 || threads > 1024) {
      fail(ErrorCode::invalid_argument, threads, " threads; expected 0 (all cores) to 1024");
    }
    static const int kAllCores = at::get_num_threads();
    at::set_num_threads(threads == 0 ? kAllCores : threads);
  });
}

std::string version() {
  return FCCLIP_VERSION;
}

}  // namespace v1
}  // namespace fcclip
