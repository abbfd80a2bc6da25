#pragma once
// What is wrong with a list of pairs, before a long run finds out.

#include <string>
#include <vector>

#include "fcclip/core/progress.h"
#include "fcclip/pretrain/picture_list.h"

namespace fcclip::pretrain {

/// What was found in a list.
struct PairReport {
  int64_t pictures = 0, captions = 0, names = 0;  ///< different names
  int64_t smallest_side_px = 0, largest_side_px = 0;
  std::vector<std::string> problems;  ///< a line for each picture that can't be read
};

/// Reads all pictures with all threads and adds what it finds to `report`, which after
/// Error{interrupted} holds what was seen until then.
void check_pairs(const std::vector<ListedPicture>& pictures, PairReport& report,
                 const Progress& progress = {});

/// For people: a line of counts, then all problems.
std::string pair_report_text(const PairReport& report);

}  // namespace fcclip::pretrain
