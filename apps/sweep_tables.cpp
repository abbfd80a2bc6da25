#include "apps/sweep_tables.h"

#include <algorithm>
#include <cstdio>
#include <iomanip>
#include <string>
#include <vector>

#include "fcclip/eval/sweep_scores.h"

namespace fcclip::apps {
namespace {

using Cells = std::vector<std::string>;

std::string score_text(const eval::Score& value) {
  if (!value) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", *value);
  return text;
}

// Columns of their own width, numbers to the right.
void print_rows(std::ostream& out, const std::vector<Cells>& rows) {
  std::vector<size_t> widths(rows.front().size(), 0);
  for (const Cells& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const Cells& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      out << (i == 0 ? " " : "  ") << std::setw(static_cast<int>(widths[i])) << row[i];
    }
    out << '\n';
  }
}

std::vector<Cells> rows_of(const eval::SweepScores& sweep, const eval::SweepTable& table) {
  std::vector<Cells> rows(1 + sweep.rows.size());
  rows[0].emplace_back();
  for (const eval::SettingValues& axis : sweep.axes) {
    rows[0].push_back(eval::setting_label(axis.setting));
  }
  for (const eval::SweepTable::Column& column : table.columns) {
    const bool is_all = column.group == "All";
    rows[0].push_back(is_all ? column.metric : column.metric + " " + column.group);
  }
  for (size_t i = 0; i < sweep.rows.size(); ++i) {
    Cells& row = rows[i + 1];
    row.emplace_back(i == sweep.best ? "*" : "");
    for (const double value : sweep.rows[i].point) row.push_back(eval::number_text(value));
    for (const eval::SweepTable::Column& column : table.columns) {
      row.push_back(score_text(column.values[i]));
    }
  }
  return rows;
}

}  // namespace

void print_sweep(std::ostream& out, const eval::SweepScores& sweep) {
  for (const eval::SweepTable& table : eval::sweep_tables(sweep)) {
    out << table.title << '\n';
    print_rows(out, rows_of(sweep, table));
  }
  const std::vector<double>& best = sweep.rows[sweep.best].point;
  const std::vector<eval::Headline> ranking = eval::headlines(sweep.rows[sweep.best].scores);
  if (ranking.empty()) return;
  out << "best " << ranking.front().name << ": " << eval::point_text(sweep.axes, best) << '\n';
}

}  // namespace fcclip::apps
