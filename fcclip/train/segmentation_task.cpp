#include "fcclip/train/segmentation_task.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <utility>

#include <ATen/ATen.h>
#include <c10/util/ParallelGuard.h>

#include "fcclip/core/error.h"
#include "fcclip/core/tensor_memory.h"
#include "fcclip/engine/figures.h"
#include "fcclip/model/model_file.h"
#include "fcclip/ops/tf32_scope.h"
#include "fcclip/segmenter/preprocess.h"
#include "fcclip/train/graphed_trunk.h"
#include "fcclip/train/initialize.h"
#include "fcclip/train/live_evaluation.h"
#include "fcclip/train/point_draws.h"
#include "fcclip/train/word_choice.h"

namespace fcclip::train {
namespace {

constexpr int64_t kShownPictures = 6;

// The norm of the visual head stays CLIP's own; its scale learns where its answer has a loss.
std::vector<const nn::Weight*> trunk_weights(const nn::WeightTable& table, bool with_scale) {
  constexpr std::string_view kTrunk = "backbone.clip_model.visual.trunk.";
  std::vector<const nn::Weight*> weights;
  for (const nn::Weight& row : table.rows()) {
    const bool is_trunk = row.name.starts_with(kTrunk) && !row.is_of(".trunk.head.");
    if (is_trunk || (with_scale && row.name == "backbone.clip_model.logit_scale"))
      weights.push_back(&row);
  }
  return weights;
}

void check_shares(const RunSettings& run, int64_t processes) {
  if (run.batch % (processes * run.accumulate) != 0) {
    fail(ErrorCode::invalid_argument, "run.batch (", run.batch, ") must be a multiple of ",
         processes, " processes times ", run.accumulate, " parts (run.accumulate)");
  }
}

// What a step tells of its losses; loss_out where CLIP's own answer has one.
constexpr const char* kTerms[] = {"loss", "loss_class", "loss_mask", "loss_dice", "loss_out"};

// [4 or 5] double, in the order of kTerms, where they were calculated.
at::Tensor terms_of(const Losses& losses) {
  const LayerLosses& last = losses.layers.front();
  std::vector<at::Tensor> terms = {losses.total, last.classes, last.mask, last.dice};
  if (last.out.defined()) terms.push_back(last.out);
  for (at::Tensor& term : terms) term = term.detach().to(at::kDouble);
  return at::stack(terms);
}

std::string mib_text(int64_t bytes) {
  return std::to_string((bytes + (1 << 20) - 1) >> 20) + " MiB";
}

}  // namespace

std::shared_ptr<model::Model> open_model(const ModelSettings& settings, int64_t seed,
                                         at::Device device) {
  if (!settings.init.empty()) return model::load_model(settings.init, device);
  const std::shared_ptr<model::Clip> clip = model::load_clip(settings.clip, device);
  auto model =
      std::make_shared<model::Model>(model_config(settings, clip->config, clip->pixels), clip);
  initialize_head(*model, static_cast<uint64_t>(seed));
  for (const nn::Weight* weight : engine::trainable_weights(model->head.weights())) {
    *weight->member = weight->member->to(device);
  }
  return model;
}

SegmentationTask::SegmentationTask(const SegmentationConfig& config, engine::Processes& processes,
                                   at::Device device, LogCallback log)
    : config_(config),
      processes_(processes),
      device_(device),
      precision_(engine::parse_precision(config.run.precision, device.type())),
      model_(open_model(config.model, config.run.seed, device)),
      frozen_trunk_(graphed_trunk(model_, device, ops::graph_recorder(device), log)),
      collection_(config),
      scaler_(precision_),
      bad_(collection_.size(), config.data.bad_share, "data.bad_share", log),
      bad_in_evaluation_(collection_.size(), 1, "", log) {
  check_shares(config_.run, processes_.size());
  if (!config_.evaluation.kind.empty()) {
    evaluation_ = open_source(config_.evaluation, Purpose::evaluation, config_.run.seed);
    judged_ = open_evaluation(config_.evaluation);
    if (judged_) {
      eval::check_expectations(eval::parse_expectations(config_.run.expect), {&*judged_, 1});
    }
  }
  if (log && processes_.is_first()) {
    for (const std::string& line : collection_.remarks()) log(LogLevel::warning, line);
  }
  model_->config.training_vocabulary = collection_.all_words();
  model_->clip->prepare();
  const ops::Tf32Scope exact_words(ops::Products::float32, device);
  for (const classify::Vocabulary& words : collection_.vocabularies()) {
    words_.push_back(classify::encode_vocabulary(model_->clip->text_tower, *model_->clip->tokenizer,
                                                 words, {model_->config.templates}));
  }
  optimizer_ =
      std::make_unique<engine::Optimizer>(model_->head.weights(), config_.optimizer, &processes_);
  std::vector<at::Tensor> watched = optimizer_->parameters();
  if (!config_.model.freeze_clip) {
    trunk_optimizer_ = std::make_unique<engine::Optimizer>(
        trunk_weights(model_->clip->weights(), config_.loss.out_weight > 0), config_.optimizer,
        &processes_);
    watched.insert(watched.end(), trunk_optimizer_->parameters().begin(),
                   trunk_optimizer_->parameters().end());
  }
  average_ = std::make_unique<engine::WeightAverage>(optimizer_->weights(), config_.run.ema_decay);
  processes_.watch(watched);
  if (processes_.is_first()) log_ = std::move(log);
  batches_ = batches();
}

SegmentationTask::~SegmentationTask() = default;

// The pictures of the run, drawn, those that cannot be used replaced, augmented, in the parts of
// one process; pictures of different vocabularies in different batches.
data::Stream<SegmentationTask::Parts> SegmentationTask::batches() const {
  struct Made {
    Drawn drawn;
    int64_t position = 0;
  };
  const data::Stream<Made> pictures = [this](int64_t position) {
    Made made{collection_.draw(position, bad_.most()), position};
    // None: so many are bad that the run stops before it would look at this one.
    made.drawn.sample = made.drawn.sample ? augmented(made.drawn, position) : black_sample();
    return made;
  };
  const auto collate = [this](const std::vector<Made>& list, int64_t) {
    std::map<int64_t, std::vector<const Made*>> by_words;
    for (const Made& made : list) {
      by_words[collection_.sets()[made.drawn.set].words].push_back(&made);
    }
    Parts parts;
    for (const auto& [words, alike] : by_words) {
      std::vector<data::Sample> samples;
      for (const Made* made : alike) samples.push_back(*made->drawn.sample);
      Batch batch =
          make_batch(samples, !config_.data.keep_empty, model_->config.pixels.size_divisor);
      batch.words = words;
      for (const Made* made : alike) {
        batch.indices.push_back(made->position);
        batch.bad.insert(batch.bad.end(), made->drawn.bad.begin(), made->drawn.bad.end());
      }
      parts.push_back(std::move(batch));
    }
    return parts;
  };
  const int64_t parts = processes_.size() * config_.run.accumulate;
  return data::mapped(data::batched(pictures, config_.run.batch / parts), collate);
}

data::Sample SegmentationTask::augmented(const Drawn& drawn, int64_t position) const {
  Random random(static_cast<uint64_t>(config_.run.seed) ^ seed_of_text("augment"),
                static_cast<uint64_t>(position));
  AugmentOptions options = config_.augment;
  options.short_edge.labels_from_corners = collection_.sets()[drawn.set].is_semantic;
  return augment(*drawn.sample, options, random);
}

data::Sample SegmentationTask::black_sample() const {
  const ShortEdgeOptions& short_edge = config_.augment.short_edge;
  const bool is_square = config_.augment.mapper == Mapper::large_scale_jitter;
  const int64_t side = is_square ? config_.augment.crop_size : short_edge.sides.front();
  data::Sample black;
  black.rgb = at::zeros({side, side, 3}, at::kByte);
  black.ids = at::zeros({side, side}, at::kInt);
  return black;
}

// This process's share of step `step`; runs on the loader's threads.
SegmentationTask::Parts SegmentationTask::make_parts(int64_t step) const {
  const c10::ParallelGuard one_thread_each(true);
  const int64_t parts = config_.run.accumulate;
  const int64_t first = (step * processes_.size() + processes_.rank()) * parts;
  Parts made;
  for (int64_t part = 0; part < parts; ++part) {
    Parts of_part = batches_(first + part);
    std::ranges::move(of_part, std::back_inserter(made));
  }
  return made;
}

Normalisers SegmentationTask::divisors_of(const Parts& parts) const {
  at::Tensor sums = at::zeros({2}, at::kDouble);
  for (const Batch& batch : parts) {
    const Normalisers own =
        normalisers(batch.targets, model_->config.mask_decoder.queries, config_.loss.void_weight);
    sums[0] += own.masks;
    sums[1] += own.class_weight;
  }
  processes_.sum(sums);
  const auto processes = static_cast<double>(processes_.size());
  return {std::max(1.0, sums[0].item<double>() / processes), sums[1].item<double>() / processes};
}

std::vector<SegmentationTask::Question> SegmentationTask::questions_of(int64_t step,
                                                                       const Parts& parts) const {
  Random random(static_cast<uint64_t>(config_.run.seed) ^ seed_of_text("words"),
                static_cast<uint64_t>(step));
  std::vector<Question> questions;
  const bool are_few = random.chance(config_.data.few_words_share);
  for (int64_t i = 0; i < std::ssize(words_); ++i) {
    const classify::TextClassifier& all = words_[i];
    if (!are_few) {
      questions.push_back({all, {}});
      continue;
    }
    const int64_t classes = std::ssize(all.synonyms_per_class);
    at::Tensor present = at::zeros({classes}, at::kDouble);
    for (const Batch& batch : parts) {
      if (batch.words == i) present += present_classes(batch.targets, classes);
    }
    processes_.sum(present);
    const at::Tensor chosen = choose_words(present.gt(0), random);
    questions.push_back({only(all, chosen), chosen});
  }
  return questions;
}

at::Tensor SegmentationTask::backward(const Batch& batch, const Normalisers& divisors,
                                      const Question& question, bool is_last) {
  std::vector<Targets> asked;
  for (const Targets& target : batch.targets) {
    asked.push_back(question.chosen.defined() ? relabelled(target, question.chosen) : target);
  }
  // Of the first backward pass, for the user to see what a step takes.
  std::optional<TensorMemory> memory;
  if (log_) memory.emplace(device_.type());
  const TargetBatch targets = join(asked, device_);
  at::Tensor pixels = segmenter::network_input(batch.rgb, model_->config.pixels, device_);
  clear_padding(batch, pixels);
  std::vector<Prediction> predictions;
  {
    const engine::AutocastRegion region(precision_, device_.type());
    predictions = forward(*model_, pixels, question.words, forward_options(batch));
  }
  PointDraws draws(batch, model_->config.mask_decoder.queries, config_.run.seed, device_);
  const Losses losses = compute_losses(
      predictions, targets, divisors, config_.loss,
      [&](int64_t layer, int64_t rows, int64_t count) { return draws(layer, rows, count); });
  if (is_last) processes_.prepare_backward(losses.total);
  const int64_t activations = memory ? memory->now() : 0;
  scaler_.scale(losses.total).backward();
  if (memory) tell_memory(activations, memory->peak());
  return terms_of(losses);
}

void SegmentationTask::tell_memory(int64_t activations, int64_t peak) {
  const bool is_least = config_.model.checkpoint_activations;
  std::exchange(log_, {})(LogLevel::info,
                          "a step takes " + mib_text(peak) + " beside weights and optimizer: " +
                              mib_text(activations) + " when its backward pass begins" +
                              (is_least ? "" : " (model.checkpoint_activations keeps less)"));
}

ForwardOptions SegmentationTask::forward_options(const Batch& batch) const {
  ForwardOptions options;
  if (config_.model.checkpoint_activations) options.activations = nn::Activations::recomputed;
  if (!trunk_optimizer_) {
    options.frozen_trunk = frozen_trunk_;
    return options;
  }
  const auto first = batch.indices.empty() ? 0 : static_cast<uint64_t>(batch.indices.front());
  options.trunk = Trunk::trained;
  options.out_probs = config_.loss.out_weight > 0;
  options.drop = {config_.model.trunk_drop_path,
                  static_cast<uint64_t>(config_.run.seed) ^ seed_of_text("drop path"), first};
  return options;
}

// Unscales and clips all gradients, and reads what was measured of them together with the losses:
// for this copy, and for that of the matching, a step waits for its device.
// terms: of terms_of(), the sums of this process's parts.
SegmentationTask::Measured SegmentationTask::measure(at::Tensor terms) {
  // Means: every process divided by the whole batch over the number of processes.
  processes_.sum(terms);
  std::vector<at::Tensor> parameters = optimizer_->parameters();
  if (trunk_optimizer_) {
    const std::vector<at::Tensor>& trunk = trunk_optimizer_->parameters();
    parameters.insert(parameters.end(), trunk.begin(), trunk.end());
  }
  const at::Tensor overflow = scaler_.unscale(parameters), norm = optimizer_->clip();
  const at::Tensor of_trunk = trunk_optimizer_ ? trunk_optimizer_->clip() : at::Tensor();
  const std::vector<double> read = engine::read_figures({terms, norm, of_trunk, overflow});
  Measured measured;
  size_t next = 0;
  for (; next < static_cast<size_t>(terms.numel()); ++next) {
    measured.losses[kTerms[next]] = read[next] / static_cast<double>(processes_.size());
  }
  measured.gradient_norms.push_back(read[next++]);
  if (of_trunk.defined()) measured.gradient_norms.push_back(read[next++]);
  measured.is_finite = !overflow.defined() || read[next] == 0;
  return measured;
}

// One step of both optimizers.
void SegmentationTask::update(double rate) {
  optimizer_->set_learning_rate(rate);
  if (trunk_optimizer_) {
    trunk_optimizer_->set_learning_rate(rate * config_.model.trunk_rate_factor);
  }
  is_whole_ = false;
  if (trunk_optimizer_) trunk_optimizer_->update();
  optimizer_->update();
  average_->update();
  is_whole_ = true;
}

engine::Numbers SegmentationTask::step(int64_t step, double learning_rate_factor) {
  if (!loader_) {
    loader_ =
        std::make_unique<Loader<Parts>>([this](int64_t i) { return make_parts(i); }, step,
                                        LoaderOptions{config_.data.workers, config_.data.ahead});
  }
  const Parts parts = loader_->next();
  std::vector<engine::BadPicture> bad;
  for (const Batch& batch : parts) bad.insert(bad.end(), batch.bad.begin(), batch.bad.end());
  bad_.share(bad, processes_);
  const Normalisers divisors = divisors_of(parts);
  optimizer_->zero_gradients();
  if (trunk_optimizer_) trunk_optimizer_->zero_gradients();
  const double rate = learning_rate(config_) * learning_rate_factor;
  const std::vector<Question> questions = questions_of(step, parts);
  at::Tensor terms;
  for (size_t i = 0; i < parts.size(); ++i) {
    const at::Tensor part =
        backward(parts[i], divisors, questions[parts[i].words], i + 1 == parts.size());
    terms = terms.defined() ? terms + part : part;
  }
  const Measured measured = measure(terms);
  engine::check_finite(measured.losses);
  scaler_.react(measured.is_finite);
  engine::Numbers numbers = measured.losses;
  numbers["gradient_norm"] = 0;
  if (measured.is_finite) {
    for (const double norm : measured.gradient_norms) engine::check_gradient_norm(norm);
    numbers["gradient_norm"] = measured.gradient_norms.front();
    update(rate);
  }
  numbers["learning_rate"] = rate;
  if (scaler_.value() != 1) numbers["loss_scale"] = scaler_.value();
  return numbers;
}

void SegmentationTask::save(engine::TrainingState& state) const {
  optimizer_->save(state.tensors);
  if (trunk_optimizer_) trunk_optimizer_->save(state.tensors);
  average_->save(state.tensors);
  state.tensors["loss_scale"] =
      at::tensor({scaler_.value(), static_cast<double>(scaler_.good_steps())}, at::kDouble);
}

void SegmentationTask::load(const engine::TrainingState& state) {
  optimizer_->load(state.tensors);
  if (trunk_optimizer_) trunk_optimizer_->load(state.tensors);
  average_->load(state.tensors);
  const at::Tensor scale = state.tensors.at("loss_scale");
  scaler_.restore(scale[0].item<double>(), std::lround(scale[1].item<double>()));
  loader_.reset();
}

segmenter::Segmenter SegmentationTask::live_segmenter() {
  if (trunk_optimizer_) {
    model_->prepare();
  } else {
    model_->prepare_beside_clip();
  }
  return segmenter::Segmenter(model_, {device_.str(), false});
}

const segmenter::PreparedVocabulary& SegmentationTask::words_of(
    const classify::Vocabulary& vocabulary, const segmenter::Segmenter& segmenter,
    std::optional<segmenter::PreparedVocabulary>& kept) {
  if (!kept) kept = segmenter.prepare(vocabulary);
  return *kept;
}

engine::Numbers SegmentationTask::evaluate(int64_t step) {
  if (!evaluation_) return {};
  const engine::AveragedWeights averaged(*average_);
  const segmenter::Segmenter segmenter = live_segmenter();
  if (judged_) {
    return evaluate_fully(
        segmenter,
        {*judged_, words_of(judged_->split->vocabulary(), segmenter, judged_words_),
         config_.run.evaluate_pictures, bad_in_evaluation_},
        processes_);
  }
  return evaluate_live(
      segmenter,
      {*evaluation_, words_of(evaluation_->vocabulary, segmenter, evaluation_words_),
       config_.run.evaluate_pictures, bad_in_evaluation_},
      processes_);
}

at::Tensor SegmentationTask::picture(int64_t step) {
  const engine::AveragedWeights averaged(*average_);
  const segmenter::Segmenter segmenter = live_segmenter();
  if (!evaluation_) {
    const Source& shown = collection_.sets().front().source;
    const segmenter::PreparedVocabulary words = segmenter.prepare(shown.vocabulary);
    return predictions_sheet(segmenter, {shown, words, kShownPictures, bad_});
  }
  return predictions_sheet(
      segmenter, {*evaluation_, words_of(evaluation_->vocabulary, segmenter, evaluation_words_),
                  kShownPictures, bad_in_evaluation_});
}

void SegmentationTask::export_model(const std::filesystem::path& path, at::ScalarType dtype,
                                    int64_t steps) {
  const engine::AveragedWeights averaged(*average_);
  model_->config.provenance = "trained by fcclip train, " + std::to_string(steps) + " steps of " +
                              std::to_string(config_.run.batch) + " pictures, seed " +
                              std::to_string(config_.run.seed);
  model::save(path, *model_, dtype);
}

}  // namespace fcclip::train
