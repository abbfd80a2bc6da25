#pragma once
// FC-CLIP's training as a Task: a mask generator learns on the features of a frozen CLIP.

#include <filesystem>
#include <memory>
#include <optional>

#include "fcclip/segmenter/segmenter.h"
#include "fcclip/train/batch.h"
#include "fcclip/train/forward.h"
#include "fcclip/train/loader.h"
#include "fcclip/train/loop.h"
#include "fcclip/train/precision.h"
#include "fcclip/train/segmentation_config.h"
#include "fcclip/train/source.h"
#include "fcclip/train/weight_average.h"

namespace fcclip::train {

class SegmentationTask final : public Task {
 public:
  /// config: after finish(). log: hears of pictures that are left out. Throws what opening CLIP and
  /// the data throws; Error{invalid_argument} when the batch cannot be divided among processes and
  /// parts.
  SegmentationTask(const SegmentationConfig& config, Processes& processes, at::Device device,
                   LogCallback log = {});
  ~SegmentationTask() override;

  Numbers step(int64_t step, double learning_rate_factor) override;
  void save(TrainingState& state) const override;
  void load(const TrainingState& state) override;
  bool is_whole() const override { return is_whole_; }
  Numbers evaluate(int64_t step) override;
  at::Tensor picture(int64_t step) override;

  /// The model with the averaged weights where an average is kept; written atomically.
  void export_model(const std::filesystem::path& path, at::ScalarType dtype, int64_t steps);
  const Model& model() const { return *model_; }

 private:
  using Parts = std::vector<Batch>;

  Parts make_parts(int64_t step) const;
  /// The picture at a position of the run, or what stands for it, augmented.
  data::Sample sample_at(int64_t position, std::vector<BadPicture>& bad) const;
  Normalisers divisors_of(const Parts& parts) const;
  /// What a step is asked with.
  struct Question {
    classify::TextClassifier words;
    at::Tensor chosen;  // positions in the training vocabulary; undefined: all of it
  };
  Question question_of(int64_t step, const Parts& parts) const;
  Numbers backward(const Batch& batch, const Normalisers& divisors, const Question& question,
                   bool is_last);
  double apply(double learning_rate);
  Numbers over_processes(const Numbers& numbers) const;
  /// A segmenter over the weights as they are now.
  Segmenter live_segmenter();
  const PreparedVocabulary& evaluation_words(const Segmenter& segmenter);

  SegmentationConfig config_;
  Processes& processes_;
  at::Device device_;
  Precision precision_;
  std::shared_ptr<Model> model_;
  Source source_;
  std::optional<Source> evaluation_;
  std::optional<PreparedVocabulary> evaluation_words_;
  classify::TextClassifier words_;
  std::unique_ptr<Optimizer> optimizer_, trunk_optimizer_;
  std::unique_ptr<WeightAverage> average_;
  LossScaler scaler_;
  BadPictures bad_, bad_in_evaluation_;
  bool is_whole_ = true;  // no update is half done
  std::unique_ptr<Loader<Parts>> loader_;
};

/// A fresh head around settings.clip, or the model of settings.init; float32 on `device`.
std::shared_ptr<Model> open_model(const ModelSettings& settings, int64_t seed, at::Device device);

}  // namespace fcclip::train
