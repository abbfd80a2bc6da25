#include "fcclip/pretrain/pretrain_task.h"

#include <cmath>
#include <numeric>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include "fcclip/core/error.h"
#include "fcclip/core/random.h"
#include "fcclip/engine/figures.h"
#include "fcclip/model/model_file.h"
#include "fcclip/nn/unit.h"
#include "fcclip/pretrain/contrastive.h"
#include "fcclip/pretrain/merge_trainer.h"
#include "fcclip/segmenter/preprocess.h"

namespace fcclip::pretrain {
namespace {

// The rows of all processes, those of this one with their gradient.
at::Tensor gather_rows(const engine::Processes& processes, const at::Tensor& mine) {
  if (processes.size() == 1) return mine;
  std::vector<at::Tensor> all = processes.gather(mine);
  all[processes.rank()] = mine;
  return at::cat(all);
}

// The embedding norms are folded into an exported CLIP's projections, so training goes on from the
// same function; the training-only classifier begins anew.
void start_from(const std::string& file, const std::string& merges, Learner& learner) {
  const std::shared_ptr<model::Clip> clip = model::load_clip(file);
  if (clip->tokenizer == nullptr || clip->tokenizer->merges() != merges) {
    fail(ErrorCode::invalid_argument, file, " has other words (merges) than this run's pairs give");
  }
  for (const nn::Weight* weight : learner.weights()) {
    const nn::Weight* stored = clip->weights().find(weight->name);
    if (stored == nullptr) continue;
    if (stored->shape != weight->shape) {
      fail(ErrorCode::shape_mismatch, file, ": ", weight->name, " has another size than model.*");
    }
    *weight->member = stored->member->to(weight->member->device());  // the optimizer copies it
  }
}

// The value in whose share of the whole `at` (0 … 1) lies.
int64_t pick(const std::vector<int64_t>& values, const std::vector<double>& shares, double at) {
  double left = at * std::accumulate(shares.begin(), shares.end(), 0.0);
  for (size_t i = 0; i + 1 < values.size(); ++i) {
    left -= shares[i];
    if (left < 0) return values[i];
  }
  return values.back();
}

}  // namespace

struct PretrainTask::Outcome {
  at::Tensor loss, contrastive, classification, accuracy;
};

PretrainTask::PretrainTask(const PretrainOptions& options, std::shared_ptr<const PairSource> pairs,
                           engine::Processes& processes, at::Device device, LogCallback log)
    : options_(options),
      pairs_(std::move(pairs)),
      processes_(processes),
      device_(device),
      bad_(pairs_->pictures(), pairs_->bad_share(), "pairs.bad_share", std::move(log)) {
  const int64_t unit_of_share = processes.size() * pairs_->group();
  if (options_.batch_size % unit_of_share != 0) {
    fail(ErrorCode::invalid_argument, "training.batch_size ", options_.batch_size,
         " must be a multiple of ", unit_of_share, ": ", processes.size(), " processes times ",
         pairs_->group(), " pairs drawn together");
  }
  if (options_.window_share + options_.window_share_end > 0 && !pairs_->draws_windows()) {
    fail(ErrorCode::invalid_argument,
         "pairs.window_share needs scenes with known segments (--world); a list has none");
  }
  clip::TextConfig& text = options_.clip.text;
  constexpr int64_t kPieces = 512, kMarks = 2;
  merges_ = train_merges(pairs_->texts(), options_.vocabulary - kPieces - kMarks);
  text.vocab_size = kPieces + kMarks + count_merges(merges_);
  tokenizer_ = model::make_tokenizer(merges_, text);
  learner_ = std::make_unique<Learner>(options_.clip, std::max<int64_t>(1, pairs_->classes()),
                                       options_.initial, device_);
  if (!options_.start.empty()) start_from(options_.start, merges_, *learner_);
  optimizer_ =
      std::make_unique<engine::Optimizer>(learner_->weights(), options_.optimizer, &processes_);
  std::vector<at::Tensor> parameters;
  for (const nn::Weight* weight : learner_->weights()) parameters.push_back(*weight->member);
  processes_.watch(parameters);
}

Batch PretrainTask::make_batch(int64_t step) const {
  const int64_t count = options_.batch_size / processes_.size();
  PairRequest request;
  request.step = step;
  request.progress =
      static_cast<double>(step) / static_cast<double>(options_.loop.schedule.total_steps);
  Random random(options_.seed ^ seed_of_text("side"), static_cast<uint64_t>(step));
  const double window_share =
      options_.window_share +
      (options_.window_share_end - options_.window_share) * request.progress;
  const double side_at = random.uniform();
  request.windows = random.chance(window_share);
  request.side = request.windows ? pick(options_.window_sides, options_.window_side_shares, side_at)
                                 : pick(options_.sides, options_.side_shares, side_at);
  request.first = processes_.rank() * count;
  request.count = count;
  return collate(pairs_->draw(request), *tokenizer_);
}

PretrainTask::Outcome PretrainTask::forward(const Batch& batch) {
  const at::Tensor pixels = segmenter::network_input(batch.rgb, learner_->clip().pixels, device_);
  const Projected pictures = learner_->embed_pictures(pixels, batch.regions);
  const Projected texts = learner_->embed_texts(batch.tokens);
  const auto mean_input = [&](const at::Tensor& mine) {
    return at::stack(processes_.gather(mine)).mean(0);
  };
  const at::Tensor picture_rows = learner_->picture_norm.train(
      gather_rows(processes_, pictures.embeddings), mean_input(pictures.input_mean));
  const at::Tensor text_rows = learner_->text_norm.train(gather_rows(processes_, texts.embeddings),
                                                         mean_input(texts.input_mean));
  const at::Tensor present = at::cat(processes_.gather(batch.present));
  const at::Tensor named = at::cat(processes_.gather(batch.named));

  Outcome outcome;
  const at::Tensor image_unit = nn::unit(picture_rows), text_unit = nn::unit(text_rows);
  // Weights behind the gathering see the whole batch in every process.
  const at::Tensor scale = as_share(learner_->logit_scale(), processes_.size()).exp();
  const at::Tensor excluded = also_true(present, named);
  outcome.contrastive = contrastive_loss(image_unit, text_unit, scale, excluded);
  outcome.loss = outcome.contrastive;
  if (options_.classification_weight > 0 && pairs_->classes() > 0) {
    outcome.classification =
        name_loss(learner_->classify(picture_rows, processes_.size()), present);
    outcome.loss = outcome.loss + options_.classification_weight * outcome.classification;
  }
  const at::NoGradGuard no_grad;
  const at::Tensor scores = image_unit.mm(text_unit.t()).masked_fill(excluded, -2);
  const at::Tensor right = at::arange(scores.size(0), scores.options().dtype(at::kLong));
  outcome.accuracy = scores.argmax(1).eq(right).to(at::kFloat).mean().mul(100);
  return outcome;
}

engine::Numbers PretrainTask::step(int64_t step, double learning_rate_factor) {
  if (loader_ == nullptr || loader_step_ != step) {
    loader_.reset();
    const auto make = [this](int64_t index) { return make_batch(index); };
    loader_ = std::make_unique<Loader<Batch>>(
        make, step, LoaderOptions{options_.loader_workers, 2 * options_.loader_workers + 1});
  }
  const Batch made = loader_->next();
  loader_step_ = step + 1;
  bad_.share(made.bad, processes_);
  const Batch batch = on_device(made, device_);

  optimizer_->zero_gradients();
  const Outcome outcome = forward(batch);
  // Every process has the whole loss and the gradient of its own share of the pictures; what the
  // processes exchange is the mean of their gradients.
  const at::Tensor scaled = outcome.loss * processes_.size();
  processes_.prepare_backward(scaled);
  scaled.backward();
  const std::vector<double> read =
      engine::read_figures({outcome.loss, outcome.contrastive, outcome.accuracy, optimizer_->clip(),
                            outcome.classification});
  engine::Numbers numbers = {{"loss", read[0]},
                             {"contrastive", read[1]},
                             {"accuracy", read[2]},
                             {"side", static_cast<double>(batch.rgb.size(1))}};
  if (outcome.classification.defined()) numbers["classification"] = read[4];
  engine::check_finite(numbers);
  engine::check_gradient_norm(read[3]);
  numbers["gradient_norm"] = read[3];
  numbers["learning_rate"] = options_.optimizer.learning_rate * learning_rate_factor;
  optimizer_->set_learning_rate(numbers["learning_rate"]);
  is_whole_ = false;
  optimizer_->update();
  learner_->clamp_logit_scale();
  is_whole_ = true;
  numbers["logit_scale"] = std::exp(learner_->logit_scale().item<double>());
  return numbers;
}

void PretrainTask::save(engine::TrainingState& state) const {
  optimizer_->save(state.tensors);
  learner_->save(state.tensors);
  state.notes["merges"] = merges_;
}

void PretrainTask::load(const engine::TrainingState& state) {
  const auto found = state.notes.find("merges");
  if (found == state.notes.end() || found->second != merges_) {
    fail(ErrorCode::bad_format,
         "the checkpoint was made with other captions: its byte-pair vocabulary differs; begin in "
         "another folder");
  }
  optimizer_->load(state.tensors);
  learner_->load(state.tensors);
}

engine::Numbers PretrainTask::evaluate(int64_t step) {
  if (!evaluate_) return {};
  const bool is_last = step == options_.loop.schedule.total_steps;
  engine::Numbers numbers;
  // Where the others train: they wait for it, and NCCL not for ever.
  if (processes_.is_first()) numbers = evaluate_(*learner_->plain_clip(merges_, device_), is_last);
  processes_.barrier();
  return numbers;
}

}  // namespace fcclip::pretrain
