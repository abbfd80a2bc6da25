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
#include "fcclip/ops/upload.h"

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

/// A picture that was read, with what is right.
struct PictureCase {
  int64_t index = 0;
  Size size;
  ops::Upload picture;  ///< [H, W, 3] uint8; where Evaluator::send sent it
  PictureTruth truth;
  TrueRegions regions = {};  ///< for oracles
};

/// What the network left of one: lives on the model's device.
struct EncodedCase {
  segmenter::EncodedPicture encoded;
  std::optional<classify::EnsembleOptions> ensemble = {};  ///< of the answer before
  at::Tensor log_probs = {};                               ///< [Q, K+1] by it
};

/// A model measured on one benchmark, picture by picture, each in steps: read, encode, and for every classifier in
/// their order answer, score and add. Const calls may come from several threads.
class Evaluator {
 public:
  /// All must outlive the evaluator.
  Evaluator(const segmenter::Segmenter& segmenter, const data::DatasetSplit& split,
            const segmenter::PreparedVocabulary& vocabulary, EvaluateOptions options);

  size_t classifiers() const { return options_.classifiers.size(); }
  const segmenter::Segmenter& segmenter() const { return segmenter_; }

  /// Throws Error naming the file.
  PictureCase read(int64_t index) const;
  /// To the model's device, ahead of its turn.
  void send(PictureCase& one) const;
  /// The picture is no longer needed then. `progress` counts parts of the network; Error{interrupted} as it wants.
  EncodedCase encode(PictureCase& one, const Progress& progress = {}) const;
  /// Panoptic results alone where the rest is what the classifier before has.
  PictureAnswer answer(const PictureCase& one, EncodedCase& encoded, size_t classifier) const;
  /// PNGs of the answer are written where the options name a folder for predictions. Throws Error naming the picture.
  ScoreRecord score(const PictureCase& one, const PictureAnswer& answer, size_t classifier) const;

  /// Nothing scored yet.
  PictureRecord begin_record(const PictureCase& one) const;
  void add(PictureRecord& record, size_t classifier, ScoreRecord scores,
           PictureAnswer answer) const;

 private:
  void check_views() const;
  PictureTruth truth_of(int64_t index) const;
  segmenter::WantedAnswers wanted(const Classifier& classifier) const;
  bool has_true_masks(const PictureCase& one) const;
  bool is_as_before(size_t classifier) const;
  /// Class scores of the masks [Q, K+1]; undefined where views have their own.
  at::Tensor names(const PictureCase& one, const EncodedCase& encoded,
                   const Classifier& classifier) const;

  const segmenter::Segmenter& segmenter_;
  const data::DatasetSplit& split_;
  const segmenter::PreparedVocabulary& vocabulary_;
  EvaluateOptions options_;
  std::optional<CityscapesTruthFolder> cityscapes_;
};

}  // namespace fcclip::eval
