#pragma once
// One picture of a data set through the network, its answers scored and written.

#include <map>
#include <optional>
#include <string>

#include "fcclip/core/progress.h"
#include "fcclip/data/dataset_split.h"
#include "fcclip/eval/answer.h"
#include "fcclip/eval/cityscapes_answer.h"
#include "fcclip/eval/evaluate_options.h"
#include "fcclip/eval/picture_scores.h"

namespace fcclip::eval {

/// One picture, scored.
struct PictureRecord {
  int64_t index = 0;
  std::string name;           ///< as DatasetSplit has it
  std::string image_id_json;  ///< 139 or "ADE_val_00000001"
  std::string file_name;
  Size size;
  std::map<std::string, ScoreRecord> scores;     ///< by classifier
  std::map<std::string, PictureAnswer> answers;  ///< likewise, where predictions are written
};

/// A model measured on one benchmark.
class Evaluator {
 public:
  /// All must outlive the evaluator.
  Evaluator(const segmenter::Segmenter& segmenter, const data::DatasetSplit& split,
            const segmenter::PreparedVocabulary& vocabulary, EvaluateOptions options);

  /// PNGs of the answers are written where the options name a folder for predictions. Throws Error
  /// naming the file; Error{interrupted} as `progress` wants it, which counts parts of the network.
  PictureRecord one(int64_t index, const Progress& progress = {}) const;

 private:
  /// A picture on its way: its truth and what the network left.
  struct Case {
    int64_t index = 0;
    PictureTruth truth;
    TrueRegions regions = {};  ///< for oracles
    bool true_masks = false;
    segmenter::EncodedPicture encoded = {};
  };

  void check_views() const;
  PictureTruth truth_of(int64_t index) const;
  segmenter::WantedAnswers wanted(const Classifier& classifier) const;
  void encode(Case& one, const at::Tensor& rgb, const Progress& progress) const;
  /// Class scores of the masks [Q, K+1]; undefined where views have their own.
  at::Tensor names(const Case& one, const Classifier& classifier) const;
  PictureAnswer answer(const Case& one, const Classifier& classifier, const at::Tensor& log_probs,
                       bool panoptic_alone) const;
  void write(const Case& one, const Classifier& classifier, PictureAnswer answer,
             PictureRecord& record) const;

  const segmenter::Segmenter& segmenter_;
  const data::DatasetSplit& split_;
  const segmenter::PreparedVocabulary& vocabulary_;
  EvaluateOptions options_;
  std::optional<CityscapesTruthFolder> cityscapes_;
};

}  // namespace fcclip::eval
