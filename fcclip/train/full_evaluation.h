#pragma once
// A model judged while it learns, with all metrics of `fcclip eval`.

#include <memory>
#include <optional>

#include "fcclip/engine/bad_pictures.h"
#include "fcclip/engine/journal.h"
#include "fcclip/engine/processes.h"
#include "fcclip/eval/evaluation_target.h"
#include "fcclip/segmenter/segmenter.h"
#include "fcclip/train/segmentation_config.h"

namespace fcclip::train {

/// What [evaluation] names, opened as `eval` opens it: a published data set in its published size
/// with its own rules, or somebody's own files. Nothing where the kind is "world" or empty. With a
/// kind of a published data set all truths that it has are measured. Throws what eval::open_target
/// throws.
std::optional<eval::EvaluationTarget> open_evaluation(const DataSettings& settings);

/// What a model is judged by: the first `pictures` (0: all). Those that cannot be used are told to
/// `bad` and left out.
struct JudgedData {
  const eval::EvaluationTarget& target;
  const segmenter::PreparedVocabulary& words;
  int64_t pictures = 0;
  engine::BadPictures& bad;
};

/// eval::flat_scores of the model's ensemble, the pictures spread over the processes; the same on
/// all of them. Nothing when no picture can be used.
engine::Numbers evaluate_fully(const segmenter::Segmenter& segmenter, const JudgedData& data,
                               const engine::Processes& processes);

}  // namespace fcclip::train
