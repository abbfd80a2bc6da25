#pragma once
// Contrastive pretraining as the training loop sees it.

#include <functional>
#include <memory>
#include <optional>

#include "fcclip/core/loader.h"
#include "fcclip/engine/loop.h"
#include "fcclip/pretrain/batch.h"
#include "fcclip/pretrain/learner.h"
#include "fcclip/pretrain/options.h"
#include "fcclip/pretrain/pairs.h"

namespace fcclip::pretrain {

/// What evaluation says about a plain CLIP.
using Evaluate = std::function<engine::Numbers(const model::Clip& clip, bool is_last)>;

/// What engine::run_loop steps.
class PretrainTask final : public engine::Task {
 public:
  /// Trains the byte-pair vocabulary on the source's texts, then makes the towers on `device`.
  /// log: hears of pictures that are left out. Throws Error{invalid_argument} when the batch does
  /// not divide into the processes' groups.
  PretrainTask(const PretrainOptions& options, std::shared_ptr<const PairSource> pairs,
               engine::Processes& processes, at::Device device = at::kCPU, LogCallback log = {});

  /// Returns loss, contrastive, classification, accuracy (of the batch's own texts, in percent),
  /// gradient_norm, logit_scale.
  engine::Numbers step(int64_t step, double learning_rate_factor) override;
  void save(engine::TrainingState& state) const override;
  void load(const engine::TrainingState& state) override;
  bool is_whole() const override { return is_whole_; }
  engine::Numbers evaluate(int64_t step) override;

  /// Called at every evaluation.
  void set_evaluation(Evaluate evaluate) { evaluate_ = std::move(evaluate); }
  /// The CLIP as it is now, on the CPU.
  std::shared_ptr<model::Clip> plain_clip() const { return learner_->plain_clip(merges_); }
  const std::string& merges() const { return merges_; }
  const Learner& learner() const { return *learner_; }

 private:
  Batch make_batch(int64_t step) const;
  struct Outcome;
  Outcome forward(const Batch& batch);

  PretrainOptions options_;
  std::shared_ptr<const PairSource> pairs_;
  engine::Processes& processes_;
  at::Device device_;
  std::string merges_;
  std::unique_ptr<clip::Tokenizer> tokenizer_;
  std::unique_ptr<Learner> learner_;
  std::unique_ptr<engine::Optimizer> optimizer_;
  Evaluate evaluate_;
  engine::BadPictures bad_;
  bool is_whole_ = true;                   // no update is half done
  std::unique_ptr<Loader<Batch>> loader_;  // last: its threads use the others
  int64_t loader_step_ = -1;
};

}  // namespace fcclip::pretrain
