#include "fcclip/eval/evaluation_text.h"

#include <algorithm>
#include <cstdio>

#include "fcclip/eval/sweep_scores.h"

namespace fcclip::eval {
namespace {

using Cells = std::vector<std::string>;
using Names = std::vector<const char*>;

std::string two_digits(const Score& value) {
  if (!value) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", *value);
  return text;
}

std::string before(size_t columns, const std::string& text) {
  return (text.size() < columns ? std::string(columns - text.size(), ' ') : "") + text;
}

// Every group of a table that it has, and those numbers.
std::string task_lines(const std::string& title, const std::optional<ScoreTable>& table,
                       const Names& groups, const Names& metrics) {
  if (!table) return "";
  std::string text;
  for (const char* group : groups) {
    std::string name = title + " " + group;
    if (name.size() < 26) name.append(26 - name.size(), ' ');
    text += "  " + name;
    for (const char* metric : metrics) {
      text += std::string("  ") + metric + ' ' + before(6, two_digits(table->value(group, metric)));
    }
    text += '\n';
  }
  return text;
}

std::string summary_lines(const RunSummary& one) {
  const Names split = {"All", "Seen", "Unseen"};
  const Names ap = {"AP", "AP50", "AP75", "APs", "APm", "APl"};
  return task_lines("panoptic", one.panoptic,
                    {"All", "Things", "Stuff", "Seen", "Unseen", "class_agnostic"},
                    {"pq", "sq", "rq"}) +
         task_lines("masks", one.masks, split, ap) + task_lines("boxes", one.boxes, split, ap) +
         task_lines("semantic", one.semantic, split, {"mIoU", "fwIoU", "mACC", "pACC", "mBIoU"}) +
         task_lines("cityscapes masks", one.cityscapes_instances, split, {"AP", "AP50"}) +
         task_lines("cityscapes semantic", one.cityscapes_semantic, {"All"},
                    {"IoU", "iIoU", "category IoU", "category iIoU"}) +
         task_lines("cityscapes semantic", one.cityscapes_semantic, {"Seen", "Unseen"},
                    {"IoU", "iIoU"});
}

// Columns of their own width, numbers to the right.
std::string aligned_rows(const std::vector<Cells>& rows) {
  std::vector<size_t> widths(rows.front().size(), 0);
  for (const Cells& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Cells& row : rows) {
    for (size_t i = 0; i < row.size(); ++i)
      text += (i == 0 ? " " : "  ") + before(widths[i], row[i]);
    text += '\n';
  }
  return text;
}

std::vector<Cells> sweep_rows(const SweepScores& sweep, const SweepTable& table) {
  std::vector<Cells> rows(1 + sweep.rows.size());
  rows[0].emplace_back();
  for (const SettingValues& axis : sweep.axes) rows[0].push_back(setting_label(axis.setting));
  for (const SweepTable::Column& column : table.columns) {
    const bool is_all = column.group == "All";
    rows[0].push_back(is_all ? column.metric : column.metric + " " + column.group);
  }
  for (size_t i = 0; i < sweep.rows.size(); ++i) {
    Cells& row = rows[i + 1];
    row.emplace_back(i == sweep.best ? "*" : "");
    for (const double value : sweep.rows[i].point) row.push_back(number_text(value));
    for (const SweepTable::Column& column : table.columns) {
      row.push_back(two_digits(column.values[i]));
    }
  }
  return rows;
}

}  // namespace

std::string evaluation_text(const EvaluationScores& scores) {
  std::string text = scores.data_set + ", " + std::to_string(scores.pictures) +
                     (scores.pictures == 1 ? " image\n" : " images\n");
  for (const char* classifier : {"ensemble", "in", "out"}) {
    const auto found = scores.classifiers.find(classifier);
    if (found == scores.classifiers.end()) continue;
    text += std::string(" ") + classifier + '\n' + summary_lines(found->second);
  }
  return text;
}

std::string sweep_text(const SweepScores& sweep) {
  std::string text;
  for (const SweepTable& table : sweep_tables(sweep)) {
    text += table.title + '\n' + aligned_rows(sweep_rows(sweep, table));
  }
  const SweepRow& best = sweep.rows[sweep.best];
  const std::vector<Headline> ranking = headlines(best.scores);
  if (ranking.empty()) return text;
  return text + "best " + ranking.front().name + ": " + point_text(sweep.axes, best.point) + '\n';
}

std::vector<std::string> missed_figures(const std::vector<Expectation>& expected,
                                        const EvaluationScores& scores,
                                        const std::string& data_set) {
  const auto ensemble = scores.classifiers.find("ensemble");
  const RunSummary& judged =
      ensemble == scores.classifiers.end() ? scores.classifiers.begin()->second : ensemble->second;
  std::vector<std::string> parts;
  for (const std::string& part : missed(expected, flat_scores(judged), data_set)) {
    parts.push_back(data_set + ": " + part);
  }
  return parts;
}

}  // namespace fcclip::eval
