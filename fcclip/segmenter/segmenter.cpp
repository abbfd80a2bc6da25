#include "fcclip/segmenter/segmenter.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <mutex>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "fcclip/core/check.h"
#include "fcclip/core/device.h"
#include "fcclip/model/class_rows.h"
#include "fcclip/model/model_file.h"
#include "fcclip/ops/graphed_work.h"
#include "fcclip/ops/host.h"
#include "fcclip/ops/tf32_scope.h"
#include "fcclip/segmenter/at_place.h"
#include "fcclip/segmenter/describe.h"
#include "fcclip/segmenter/given_masks.h"
#include "fcclip/segmenter/mask_overlaps.h"
#include "fcclip/segmenter/name_masks.h"
#include "fcclip/segmenter/network.h"
#include "fcclip/segmenter/preprocess.h"

namespace fcclip::segmenter {
namespace {

std::string text_fingerprint(const model::Model& model) {
  return classify::fingerprint(model.clip->text_tower.weights(), model.clip->tokenizer->merges());
}

at::Device device_of(const model::Model& model) {
  return model.head.void_embedding.device();
}

// Rows of a rounded tower are no other tower's; of TF32, which is a switch, the tower itself knows nothing.
std::string rounding(const model::Model& model, ops::Products wanted) {
  ops::Products products = model.clip->text_tower.products();
  if (products == ops::Products::float32 && ops::Tf32Scope::rounds(wanted, device_of(model))) {
    products = ops::Products::tf32;
  }
  return products == ops::Products::float32 ? "" : "-" + std::string(ops::name(products));
}

// The masks given, each with the embedding of the predicted mask that overlaps it most.
head::MaskPredictions replace_masks(const head::MaskPredictions& predicted, const at::Tensor& masks,
                                    const EncodedImage& image) {
  const at::Tensor logits = masks_on_grid(ops::on_device(masks, predicted.mask_logits.device()),
                                          image.resized, image.padded)
                                .unsqueeze(0);
  const at::Tensor best = mask_overlaps(logits[0].gt(0), predicted.mask_logits[0].gt(0)).argmax(1);
  return {logits, predicted.class_embed.index_select(1, best)};
}

head::MaskPredictions joined(const head::MaskPredictions& a, const head::MaskPredictions& b) {
  return {at::cat({a.mask_logits, b.mask_logits}, 1), at::cat({a.class_embed, b.class_embed}, 1)};
}

at::Tensor class_embeddings(const std::vector<head::MaskPredictions>& predictions) {
  std::vector<at::Tensor> rows;
  for (const head::MaskPredictions& one : predictions) rows.push_back(one.class_embed[0]);
  return at::stack(rows);
}

constexpr std::string_view kParts = "parts of the network";

// Sizes alone.
std::vector<EncodedImage> unencoded(std::span<const NetworkInput> inputs) {
  std::vector<EncodedImage> images;
  for (const NetworkInput& input : inputs) {
    images.push_back({input.original_size, input.resized_size, input.padded_size});
  }
  return images;
}

}  // namespace

void EncodedImage::wait() const {
  ops::on_host(valid);  // its last tensor
}

// Fingerprinting reads all weights of the text tower: while the model is loaded, else at the first
// question, and never when the cache is off.
struct Segmenter::TextStore {
  std::string fingerprint;
  std::once_flag once;
  std::optional<classify::TextCache> cache;
};

Segmenter Segmenter::load(const std::filesystem::path& model, const SegmenterOptions& options) {
  std::string fingerprint;
  const auto look = [&](const model::Model& loaded) {
    if (options.use_text_cache && loaded.clip->tokenizer) fingerprint = text_fingerprint(loaded);
  };
  SegmenterOptions own = options;
  if (own.rows_file.empty()) own.rows_file = classify::rows_file_of(model);
  const at::Device device = parse_device(options.device);
  // A graph reads the weights where they lie: those of a model that is this one's own stay.
  if (!own.record_graph) own.record_graph = ops::graph_recorder(device);
  Segmenter segmenter(
      model::load_model(model, device, {look, options.products, /*pack_at_first_use=*/true}), own);
  segmenter.text_store_->fingerprint = fingerprint;
  return segmenter;
}

Segmenter::Segmenter(std::shared_ptr<model::Model> model, const SegmenterOptions& options)
    : model_(std::move(model)), options_(options), text_store_(std::make_shared<TextStore>()) {
  if (!options_.record_graph) return;
  graphs_ = std::make_shared<ops::GraphedWork>(
      [model = model_](const at::Tensor& pixels) {
        return tensors_of(run_network(*model, pixels));
      },
      device_of(*model_), options_.record_graph, options_.log);
}

const model::Config& Segmenter::config() const {
  return model_->config;
}

AskOptions Segmenter::ask_defaults() const {
  AskOptions options;
  options.ensemble = model_->config.ensemble;
  options.panoptic = model_->config.panoptic;
  options.instances = model_->config.instances;
  return options;
}

EncodedImage Segmenter::encode(const at::Tensor& rgb, const EncodeSize& size, const Trace& trace,
                               const Progress& progress) const {
  const c10::InferenceMode guard;
  const NetworkInput input = seen(rgb, size);
  if (trace) {
    trace("image.resized", input.resized.permute({2, 0, 1}));
    trace("image.padded", reference_layout(input.pixels));
  }
  int64_t done = 0;
  const Tick tick = [&] { report_progress(progress, ++done, parts(), kParts); };
  return run({&input, 1}, {}, trace, tick).front();
}

EncodedImage Segmenter::encode_with_masks(const at::Tensor& rgb, const at::Tensor& masks,
                                          const EncodeSize& size, const Progress& progress) const {
  return run_given(rgb, {masks}, size, progress);
}

EncodedImage Segmenter::encode_beside_masks(const at::Tensor& rgb, const at::Tensor& masks,
                                            const EncodeSize& size,
                                            const Progress& progress) const {
  return run_given(rgb, {masks, true}, size, progress);
}

EncodedImage Segmenter::run_given(const at::Tensor& rgb, const GivenMasks& given,
                                  const EncodeSize& size, const Progress& progress) const {
  const c10::InferenceMode guard;
  check_shape("masks", given.masks, {kAny, rgb.size(0), rgb.size(1)});
  check_dtype("masks", given.masks, at::kBool);
  const NetworkInput input = seen(rgb, size);
  int64_t done = 0;
  const Tick tick = [&] { report_progress(progress, ++done, parts(), kParts); };
  return run({&input, 1}, given, {}, tick).front();
}

std::vector<EncodedImage> Segmenter::encode_each(std::span<const at::Tensor> pictures,
                                                 const EncodeSize& size, int64_t batch,
                                                 const Progress& progress) const {
  const c10::InferenceMode guard;
  std::vector<EncodedImage> images;
  std::vector<NetworkInput> waiting;
  int64_t done = 0;
  const Tick tick = [&] {
    done += std::ssize(waiting);
    report_progress(progress, done, parts() * std::ssize(pictures), kParts);
  };
  const auto run_waiting = [&] {
    std::ranges::move(run(waiting, {}, {}, tick), std::back_inserter(images));
    waiting.clear();
  };
  for (const at::Tensor& rgb : pictures) {
    NetworkInput input = seen(rgb, size);
    const bool fits = waiting.empty() || (std::ssize(waiting) < batch &&
                                          waiting.front().padded_size == input.padded_size);
    if (!fits) run_waiting();
    waiting.push_back(std::move(input));
  }
  if (!waiting.empty()) run_waiting();
  return images;
}

NetworkInput Segmenter::seen(const at::Tensor& rgb, const EncodeSize& size) const {
  const model::PixelConfig& pixels = model_->config.pixels;
  return preprocess(rgb, pixels, size.short_side > 0 ? size.short_side : pixels.short_side,
                    size.max_side > 0 ? size.max_side : pixels.max_side, device_of(*model_));
}

ops::Upload Segmenter::send(const at::Tensor& rgb) const {
  return {rgb, device_of(*model_)};
}

at::Device Segmenter::device() const {
  return device_of(*model_);
}

ops::Tf32Scope Segmenter::tf32_scope() const {
  return ops::Tf32Scope(options_.products, device_of(*model_));
}

int64_t Segmenter::threads_that_fill() const {
  return ops::threads_that_fill(device_of(*model_));
}

ops::StreamFork Segmenter::fork() const {
  return ops::StreamFork(device_of(*model_));
}

int64_t Segmenter::parts() const {
  return model_->config.clip.block_count() + 3;  // the trunk's, the two decoders, the pooling
}

std::optional<NetworkResult> Segmenter::replayed(const at::Tensor& pixels, const Tick& tick) const {
  if (!graphs_) return {};
  const std::optional<std::vector<at::Tensor>> result = graphs_->run(pixels);
  if (!result) return {};
  for (int64_t part = 1; part < parts(); ++part) tick();
  return network_result(*result);
}

NetworkResult Segmenter::run_stages(const at::Tensor& pixels, const GivenMasks& given,
                                    std::vector<EncodedImage>& images, const Trace& trace,
                                    const Tick& tick) const {
  const FoundMasks found = find_masks(*model_, pixels, trace, tick);
  tick();
  head::MaskPredictions masks = found.predictions.back();
  if (given.masks.defined()) {
    const head::MaskPredictions own = masks;
    masks = replace_masks(own, given.masks, images.front());
    if (given.keep_own) masks = joined(masks, own);
  }
  const PooledEmbeddings pooled = pool_in_masks(*model_, found.dense, masks.mask_logits, trace);
  if (trace) images.front().class_embed_by_layer = class_embeddings(found.predictions);
  return {masks.mask_logits, masks.class_embed, pooled.clip_embed, pooled.valid, found.dense};
}

std::vector<EncodedImage> Segmenter::run(std::span<const NetworkInput> inputs,
                                         const GivenMasks& given, const Trace& trace,
                                         const Tick& tick) const {
  std::vector<at::Tensor> pixels;
  for (const NetworkInput& input : inputs) pixels.push_back(input.pixels);
  const at::Tensor batch = pixels.size() == 1 ? pixels.front() : at::cat(pixels);
  pixels.clear();
  const ops::Tf32Scope tf32 = tf32_scope();
  std::vector<EncodedImage> images = unencoded(inputs);
  std::optional<NetworkResult> result;
  if (!trace && !given.masks.defined()) result = replayed(batch, tick);
  if (!result) result = run_stages(batch, given, images, trace, tick);
  const bool is_plain = model_->naming.is_plain();
  for (size_t i = 0; i < images.size(); ++i) {
    const auto own = [&](const at::Tensor& of_batch) {
      const at::Tensor row = of_batch[static_cast<int64_t>(i)];
      return images.size() == 1 ? row : row.clone();  // one image must not keep the others alive
    };
    images[i].clip_embed = own(result->clip_embed);
    images[i].class_embed = own(result->class_embed);
    images[i].mask_logits = own(result->mask_logits);
    images[i].valid = own(result->valid);
    if (is_plain) continue;
    images[i].naming = model_->naming.look(own(result->dense), images[i].mask_logits.size(0),
                                           model_->clip->image_tower->visual_head(), trace);
  }
  tick();
  return images;
}

// A file that is of another model says nothing to this one; a damaged one is told.
std::shared_ptr<const classify::RowsFile> Segmenter::given_rows(
    const std::string& fingerprint) const {
  std::error_code ignored;
  if (!std::filesystem::exists(options_.rows_file, ignored)) return nullptr;
  try {
    auto rows = std::make_shared<const classify::RowsFile>(options_.rows_file);
    if (rows->origin().fingerprint == fingerprint) return rows;
  } catch (const Error& error) {
    if (options_.log) options_.log(LogLevel::warning, error.what());
  }
  return nullptr;
}

const classify::TextCache* Segmenter::text_cache() const {
  if (!options_.use_text_cache) return nullptr;
  std::call_once(text_store_->once, [this] {
    std::filesystem::path folder = options_.cache_folder;
    try {
      if (folder.empty()) folder = classify::default_cache_folder();
    } catch (const Error& error) {
      if (options_.log) options_.log(LogLevel::warning, error.what());
    }
    const std::string fingerprint =
        text_store_->fingerprint.empty() ? text_fingerprint(*model_) : text_store_->fingerprint;
    std::shared_ptr<const classify::RowsFile> rows = given_rows(fingerprint);
    if (folder.empty() && !rows) return;
    text_store_->cache.emplace(std::move(folder), fingerprint, options_.cache_bytes,
                               rounding(*model_, options_.products));
    text_store_->cache->read_first(std::move(rows));
  });
  return text_store_->cache ? &*text_store_->cache : nullptr;
}

classify::RowsOrigin Segmenter::rows_origin() const {
  return {text_fingerprint(*model_), model_->config.templates};
}

PreparedVocabulary Segmenter::prepare(const classify::Vocabulary& vocabulary,
                                      const Progress& progress,
                                      const std::vector<std::string>& templates) const {
  const c10::InferenceMode guard;
  const ops::Tf32Scope tf32 = tf32_scope();
  const auto start = std::chrono::steady_clock::now();
  if (vocabulary.classes.empty()) {
    fail(ErrorCode::invalid_argument, "the vocabulary has no classes; name at least one");
  }
  if (!model_->clip->tokenizer) {
    fail(ErrorCode::unsupported,
         "the model file has no tokenizer merges; convert it again with --merges");
  }
  model::check_class_rows(vocabulary, *model_);
  classify::EncodeOptions options;
  options.templates = templates.empty() ? model_->config.templates : templates;
  options.cache = text_cache();
  options.progress = progress;
  options.log = options_.log;
  PreparedVocabulary prepared{vocabulary};
  prepared.classifier = classify::encode_vocabulary(model_->clip->text_tower,
                                                    *model_->clip->tokenizer, vocabulary, options);
  prepared.seen = classify::seen_classes(vocabulary, model_->config.training_vocabulary);
  prepared.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return prepared;
}

PreparedVocabulary Segmenter::take_over(const PreparedVocabulary& prepared) const {
  const c10::InferenceMode guard;
  PreparedVocabulary here = prepared;
  classify::TextClassifier& classifier = here.classifier;
  for (at::Tensor* rows : {&classifier.rows, &classifier.in_rows}) {
    if (rows->defined()) *rows = ops::on_device(*rows, device_of(*model_));
  }
  return here;
}

classify::Classification Segmenter::name_masks(const EncodedImage& image,
                                               const PreparedVocabulary& vocabulary,
                                               const classify::EnsembleOptions& options) const {
  return name_masks(image, vocabulary, WantedAnswers{options});
}

classify::Classification Segmenter::name_masks(const EncodedImage& image,
                                               const PreparedVocabulary& vocabulary,
                                               const WantedAnswers& wanted) const {
  const c10::InferenceMode guard;
  const ops::Tf32Scope tf32 = tf32_scope();
  return classify_masks(*model_, image, vocabulary, wanted);
}

results::Segmentation Segmenter::ask(const EncodedImage& image,
                                     const PreparedVocabulary& vocabulary,
                                     const AskOptions& options, const Trace& trace) const {
  const c10::InferenceMode guard;
  const ops::Tf32Scope tf32 = tf32_scope();
  const WantedAnswers wanted{options.ensemble, options.task == results::Task::panoptic,
                             options.task == results::Task::instance,
                             options.task == results::Task::semantic || options.best_words > 0,
                             options.instances.top_k};
  const classify::Classification classes =
      classify_masks(*model_, image, vocabulary, wanted, trace);
  return describe(image, vocabulary, classes, options);
}

results::Segmentation Segmenter::at(const EncodedImage& image, const PreparedVocabulary& vocabulary,
                                    const Place& place, const AskOptions& options) const {
  const c10::InferenceMode guard;
  const ops::Tf32Scope tf32 = tf32_scope();
  WantedAnswers wanted{options.ensemble};
  if (image.naming.adapted) wanted.only = queries_at(image, place);
  return masks_at(image, vocabulary, on_host(name_masks(image, vocabulary, wanted)), place,
                  options);
}

}  // namespace fcclip::segmenter
