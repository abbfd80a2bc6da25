#pragma once
// One HTML file that says how a run went: no other files, no scripts from elsewhere.

#include <filesystem>
#include <string>
#include <vector>

#include "fcclip/data/dataset_split.h"
#include "fcclip/eval/semantic_score.h"
#include "fcclip/eval/summary.h"

namespace fcclip::eval {

/// A picture that was among the best or the worst.
struct RankedPicture {
  int64_t index = 0;
  std::string name;
  double score = 0;                        ///< picture_rank; below 0: not ranked
  std::string metric;                      ///< what the score is
  std::vector<data::TruthSegment> answer;  ///< segments of the panoptic answer, if there is one
};

/// Keeps the four best and four worst of all pictures shown to it, best first.
void keep_extremes(std::vector<RankedPicture>& kept, RankedPicture picture);

/// Something about how a run was made.
struct RunFact {
  std::string name, text;
};

/// All that the page shows.
struct ReportInput {
  const data::DatasetSplit& split;
  const EvaluationScores& scores;
  const SemanticScore& confusion;     ///< of the classifier shown
  std::string classifier;             ///< whose classes and pictures are shown
  std::filesystem::path predictions;  ///< its PNG folders; empty: no pictures
  std::vector<RankedPicture> ranked;
  std::vector<RunFact> facts = {};         ///< how the run was made
  std::filesystem::path font_folder = {};  ///< of the letters on pictures, beside the system's
};

/// The numbers of all classifiers, how the run was made, each class with its counts, the most
/// frequent confusions, best and worst pictures (truth left, answer right). Written atomically.
/// Throws Error{io_failure}.
void write_html_report(const std::filesystem::path& path, const ReportInput& input);

}  // namespace fcclip::eval
