#pragma once
// What stands once beside the files of many pictures.

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "fcclip/outputs/render.h"

namespace fcclip::outputs {

/// Where the results of one picture and one question are.
struct AnsweredPicture {
  std::filesystem::path picture;  ///< empty for standard input
  std::filesystem::path stem;     ///< of the files
  std::string overlay_ending = ".overlay.png";
};

/// One question of the run and its answers, whether made in this run or kept from one before.
struct AnsweredQuestion {
  std::string suffix;  ///< ".2" for the second of several, else empty
  const classify::Vocabulary& vocabulary;
  std::vector<AnsweredPicture> pictures;
};

/// Files for `folder`, made of the pictures' files, which must be written: for each question, its
/// suffix before the extension, data.yaml for yolo, coco-instances.json (joined) for coco,
/// results.jsonl and segments.csv; index.html over all questions for gallery. Pictures without
/// files are left out. Throws Error{bad_format} naming a damaged file.
std::vector<OutputFile> render_summaries(const WantedOutputs& wanted,
                                         const std::filesystem::path& folder,
                                         const std::vector<AnsweredQuestion>& questions);

}  // namespace fcclip::outputs
