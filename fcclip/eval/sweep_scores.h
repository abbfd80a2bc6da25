#pragma once
// What a sweep found: which row is the best, and what stands in its tables.

#include <optional>
#include <string>
#include <vector>

#include "fcclip/eval/summary.h"

namespace fcclip::eval {

/// The number of a task that people quote.
struct Headline {
  std::string name;  ///< "PQ", "mIoU", "AP"
  Score value;
};
/// One a task that was measured; the first ranks the rows of a sweep.
std::vector<Headline> headlines(const RunSummary& summary);

/// Position of the row whose first headline is the highest; the first of equal ones.
size_t best_row(const std::vector<SweepRow>& rows);

/// A task of a run in the tables of a sweep: a column is a number, a row a combination.
struct SweepTable {
  struct Column {
    std::string group, metric;  ///< as ScoreTable::value takes them
    std::vector<Score> values;  ///< a number a row
  };
  std::string title;  ///< "Panoptic", "Masks"
  std::vector<Column> columns;
};
/// All metrics of all classes, then the first metric of other groups of classes; no counts, and no
/// column without a number.
std::vector<SweepTable> sweep_tables(const SweepScores& sweep);

/// The tables of a run that its reports show, in their order.
struct TaskTable {
  const char* title;
  std::optional<ScoreTable> RunSummary::*place;
};
/// Panoptic, masks, boxes, semantic, and those by Cityscapes' rules.
const std::vector<TaskTable>& task_tables();

}  // namespace fcclip::eval
