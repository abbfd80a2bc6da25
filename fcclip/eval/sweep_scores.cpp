#include "fcclip/eval/sweep_scores.h"

#include <algorithm>

namespace fcclip::eval {
namespace {

void add_headline(std::vector<Headline>& found, const char* name,
                  const std::optional<ScoreTable>& table, const char* metric) {
  if (table) found.push_back({name, table->value("All", metric)});
}

// A row has the table or none has: all are of one run.
void add_column(SweepTable& into, const SweepScores& sweep,
                std::optional<ScoreTable> RunSummary::*place, SweepTable::Column column) {
  for (const SweepRow& row : sweep.rows) {
    column.values.push_back((row.scores.*place)->value(column.group, column.metric));
  }
  const auto is_number = [](const Score& value) { return value.has_value(); };
  if (std::ranges::any_of(column.values, is_number)) into.columns.push_back(std::move(column));
}

}  // namespace

std::vector<Headline> headlines(const RunSummary& summary) {
  std::vector<Headline> found;
  add_headline(found, "PQ", summary.panoptic, "pq");
  add_headline(found, "mIoU", summary.semantic, "mIoU");
  add_headline(found, "AP", summary.masks, "AP");
  return found;
}

size_t best_row(const std::vector<SweepRow>& rows) {
  const auto rank = [](const SweepRow& row) {
    const std::vector<Headline> found = headlines(row.scores);
    return found.empty() ? -1 : found.front().value.value_or(-1);
  };
  return static_cast<size_t>(std::ranges::max_element(rows, {}, rank) - rows.begin());
}

std::vector<SweepTable> sweep_tables(const SweepScores& sweep) {
  std::vector<SweepTable> tables;
  for (const TaskTable& task : task_tables()) {
    const std::optional<ScoreTable>& first = sweep.rows.front().scores.*task.place;
    if (!first) continue;
    SweepTable table{task.title, {}};
    const std::vector<Metric>& metrics = first->group_metrics;
    for (const Metric& metric : metrics) {
      if (!metric.is_count) add_column(table, sweep, task.place, {"All", metric.name, {}});
    }
    for (const ScoreRow& group : first->groups) {
      if (group.name == "All") continue;
      add_column(table, sweep, task.place, {group.name, metrics.front().name, {}});
    }
    if (!table.columns.empty()) tables.push_back(std::move(table));
  }
  return tables;
}

const std::vector<TaskTable>& task_tables() {
  static const std::vector<TaskTable> kTables = {
      {"Panoptic", &RunSummary::panoptic},
      {"Masks", &RunSummary::masks},
      {"Boxes", &RunSummary::boxes},
      {"Semantic", &RunSummary::semantic},
      {"Instances by Cityscapes' rules", &RunSummary::cityscapes_instances},
      {"Semantic by Cityscapes' rules", &RunSummary::cityscapes_semantic}};
  return kTables;
}

}  // namespace fcclip::eval
