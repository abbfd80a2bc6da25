#pragma once
// Cityscapes' own metrics of a model's answers: their truth, scores and prediction files.

#include <filesystem>
#include <string>
#include <vector>

#include "fcclip/data/folder_index.h"
#include "fcclip/eval/answer.h"
#include "fcclip/eval/picture_scores.h"

namespace fcclip::eval {

/// Where the truth of each picture of a folder is.
class CityscapesTruthFolder {
 public:
  /// folder: of *_gtFine_instanceIds.png and *_gtFine_labelIds.png. The vocabulary's ids are label
  /// ids. Throws Error{not_found}; Error{invalid_argument} for an id that is none.
  CityscapesTruthFolder(const std::filesystem::path& folder,
                        const classify::Vocabulary& vocabulary);

  /// Of the picture "frankfurt_000000_000294"; the labels where they are asked for. Throws
  /// Error{not_found, io_failure, bad_format} naming the file.
  CityscapesTruth read(const std::string& picture, bool with_labels) const;

 private:
  std::filesystem::path folder_;
  data::FolderIndex files_;
  std::vector<int> label_of_class_;
};

/// Adds an answer's instances and labels to the scores, as far as there are any. Throws as
/// CityscapesInstances and CityscapesIou do.
void score_cityscapes_answer(PictureScores& scores, const CityscapesTruth& truth,
                             const PictureAnswer& answer);

/// Writes what Cityscapes' server takes: `folder`/cityscapes_instances/PICTURE_pred.txt with its
/// masks, `folder`/cityscapes_semantic/PICTURE_pred.png with label ids. Throws Error{io_failure}.
void write_cityscapes_files(const PictureAnswer& answer, const CityscapesTruth& truth,
                            const std::string& picture, const std::filesystem::path& folder);

}  // namespace fcclip::eval
