#include "fcclip/eval/sweep_report.h"

#include <algorithm>
#include <cctype>
#include <string>

#include "fcclip/core/listed.h"
#include "fcclip/eval/html_text.h"
#include "fcclip/eval/report_tables.h"
#include "fcclip/eval/sweep_plot.h"
#include "fcclip/eval/sweep_scores.h"

namespace fcclip::eval {
namespace {

// "PQ", "PQ things"
std::string column_heading(const SweepTable::Column& column) {
  if (column.group == "All") return heading_of(column.metric);
  std::string group = heading_of(column.group);
  group.front() = static_cast<char>(std::tolower(group.front()));
  return heading_of(column.metric) + " " + group;
}

std::string axis_text(const SettingValues& axis) {
  return setting_label(axis.setting) + " " + listed(axis.values, number_text);
}

void write_sweep_table(std::ostream& out, const SweepScores& sweep, const SweepTable& table) {
  constexpr size_t kManyRows = 30;
  out << "<details" << (sweep.rows.size() <= kManyRows ? " open" : "") << "><summary>"
      << table.title << "</summary><div class=scroll><table class=sweep><tr>";
  for (const SettingValues& axis : sweep.axes) {
    out << "<th>" << setting_label(axis.setting) << "</th>";
  }
  for (const SweepTable::Column& column : table.columns) {
    out << "<th" << (column.group != "All" ? " class=group" : "") << ">" << column_heading(column)
        << "</th>";
  }
  out << "</tr>\n";
  for (size_t row = 0; row < sweep.rows.size(); ++row) {
    out << (row == sweep.best ? "<tr class=best>" : "<tr>");
    for (const double value : sweep.rows[row].point) out << "<td>" << number_text(value) << "</td>";
    for (const SweepTable::Column& column : table.columns) {
      const Score value = column.values[row];
      const bool is_best = value && value == std::ranges::max(column.values);
      out << (is_best ? "<td><b>" : "<td>") << html_number(value, false)
          << (is_best ? "</b></td>" : "</td>");
    }
    out << "</tr>\n";
  }
  out << "</table></div></details>\n";
}

}  // namespace

void write_sweep(std::ostream& out, const SweepScores& sweep) {
  const SweepRow& best = sweep.rows[sweep.best];
  out << "<h2>Sweep of " << sweep.rows.size() << " combinations</h2>\n<p>"
      << listed(sweep.axes, axis_text, "; ") << ".</p>\n";
  const std::vector<Headline> ranking = headlines(best.scores);
  if (!ranking.empty() && ranking.front().value) {
    out << "<p>Best " << ranking.front().name << " " << html_number(ranking.front().value, false)
        << ": <b>" << point_text(sweep.axes, best.point) << "</b>.";
    if (sweep.axes.size() > 2) {
      out << " The plots show " << setting_label(sweep.axes[0].setting) << " and "
          << setting_label(sweep.axes[1].setting) << ", the others as in the best row.";
    }
    out << "</p>\n";
  }
  write_sweep_plots(out, sweep);
  for (const SweepTable& table : sweep_tables(sweep)) write_sweep_table(out, sweep, table);
  out << "<h2>The best row</h2>\n";
}

}  // namespace fcclip::eval
