#pragma once
// The scores of a run by short names: for logs, and for figures that are expected.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fcclip/eval/summary.h"

namespace fcclip::eval {

/// In percent. "PQ", "SQ", "RQ", of things "PQ_th" …, of stuff "PQ_st" …, "PQ_masks" (all segments
/// as one class); "AP", "AP50", "AP75", "APs", "APm", "APl" of masks and "box_AP" … of boxes;
/// "mIoU", "fwIoU", "mACC", "pACC", "mBIoU"; by Cityscapes' rules "cityscapes_AP",
/// "cityscapes_AP50", "cityscapes_IoU", "cityscapes_iIoU" and "…_category_IoU", "…_category_iIoU".
/// "PQ_seen", "AP_unseen", "mIoU_seen" … where the truth has such classes. What has no number is
/// not there.
std::map<std::string, double> flat_scores(const RunSummary& summary);

/// The part of a summary that holds a metric of that name (case does not matter).
using SummaryTable = std::optional<ScoreTable> RunSummary::*;
SummaryTable table_of(std::string_view metric);

/// A figure that is asked for.
struct Expectation {
  std::string data_set;  ///< or an alias of it; empty: every one that is evaluated
  std::string metric;    ///< as flat_scores has it; case does not matter
  std::string sign;      ///< ">=", "<=", ">", "<" or "="
  double value = 0;
  double tolerance = 0;  ///< of "="

  bool is_about(std::string_view name) const;  ///< that data set, among others
};

/// "PQ>=20,mIoU>=30", "ade20k_150:PQ=26.8+-0.1": commas between figures; a data set before a colon.
/// Throws Error{invalid_argument} quoting what cannot be read, and for a metric that there is not.
std::vector<Expectation> parse_expectations(std::string_view text);

/// A part of a line for each figure that the scores of a data set miss ("PQ is 12.3, expected
/// >=20") or do not have.
std::vector<std::string> missed(const std::vector<Expectation>& expected,
                                const std::map<std::string, double>& scores,
                                std::string_view data_set);

}  // namespace fcclip::eval
