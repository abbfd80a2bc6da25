#pragma once
// FC-CLIP's training as a Task: a mask generator learns on the features of a frozen CLIP.

#include <filesystem>
#include <memory>
#include <optional>

#include "fcclip/core/loader.h"
#include "fcclip/data/stream.h"
#include "fcclip/engine/loop.h"
#include "fcclip/engine/precision.h"
#include "fcclip/engine/weight_average.h"
#include "fcclip/segmenter/segmenter.h"
#include "fcclip/train/batch.h"
#include "fcclip/train/collection.h"
#include "fcclip/train/forward.h"
#include "fcclip/train/full_evaluation.h"
#include "fcclip/train/segmentation_config.h"
#include "fcclip/train/source.h"

namespace fcclip::train {

/// What engine::run_loop steps.
class SegmentationTask final : public engine::Task {
 public:
  /// config: after finish(). log: hears of pictures that are left out, and what memory the first
  /// step has taken. Throws what opening CLIP and
  /// the data throws; Error{invalid_argument} when the batch cannot be divided among processes and
  /// parts.
  SegmentationTask(const SegmentationConfig& config, engine::Processes& processes,
                   at::Device device, LogCallback log = {});
  ~SegmentationTask() override;

  engine::Numbers step(int64_t step, double learning_rate_factor) override;
  void save(engine::TrainingState& state) const override;
  void load(const engine::TrainingState& state) override;
  bool is_whole() const override { return is_whole_; }
  engine::Numbers evaluate(int64_t step) override;
  at::Tensor picture(int64_t step) override;

  /// The model with the averaged weights where an average is kept; written atomically.
  void export_model(const std::filesystem::path& path, at::ScalarType dtype, int64_t steps);
  const model::Model& model() const { return *model_; }

 private:
  using Parts = std::vector<Batch>;

  Parts make_parts(int64_t step) const;
  data::Stream<Parts> batches() const;
  data::Sample augmented(const Drawn& drawn, int64_t position) const;
  data::Sample black_sample() const;
  Normalisers divisors_of(const Parts& parts) const;
  /// What a step is asked with.
  struct Question {
    classify::TextClassifier words;
    at::Tensor chosen;  // positions in its vocabulary; undefined: all of it
  };
  /// Of each vocabulary.
  std::vector<Question> questions_of(int64_t step, const Parts& parts) const;
  /// What was measured of losses and gradients.
  struct Measured {
    engine::Numbers losses;
    std::vector<double> gradient_norms;  // of each optimizer
    bool is_finite = true;               // false: float16 has overflown, the step is left out
  };
  at::Tensor backward(const Batch& batch, const Normalisers& divisors, const Question& question,
                      bool is_last);
  void tell_memory(int64_t activations, int64_t peak);
  ForwardOptions forward_options(const Batch& batch) const;
  Measured measure(at::Tensor terms);
  void update(double learning_rate);
  /// A segmenter over the weights as they are now.
  segmenter::Segmenter live_segmenter();
  /// Prepared the first time.
  static const segmenter::PreparedVocabulary& words_of(
      const classify::Vocabulary& vocabulary, const segmenter::Segmenter& segmenter,
      std::optional<segmenter::PreparedVocabulary>& kept);

  SegmentationConfig config_;
  engine::Processes& processes_;
  at::Device device_;
  engine::Precision precision_;
  std::shared_ptr<model::Model> model_;
  FrozenTrunk frozen_trunk_;
  Collection collection_;
  std::optional<Source> evaluation_;
  std::optional<eval::EvaluationTarget> judged_;  // evaluation_ with all metrics
  std::optional<segmenter::PreparedVocabulary> evaluation_words_, judged_words_;
  std::vector<classify::TextClassifier> words_;  // of each vocabulary
  std::unique_ptr<engine::Optimizer> optimizer_, trunk_optimizer_;
  std::unique_ptr<engine::WeightAverage> average_;
  engine::LossScaler scaler_;
  engine::BadPictures bad_, bad_in_evaluation_;
  LogCallback log_;       // until the first step has said what it takes
  bool is_whole_ = true;  // no update is half done
  data::Stream<Parts> batches_;
  std::unique_ptr<Loader<Parts>> loader_;
};

/// A fresh head around settings.clip, or the model of settings.init; float32 on `device`.
std::shared_ptr<model::Model> open_model(const ModelSettings& settings, int64_t seed,
                                         at::Device device);

}  // namespace fcclip::train
