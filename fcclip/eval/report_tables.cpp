#include "fcclip/eval/report_tables.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fcclip/eval/html_text.h"
#include "fcclip/eval/sweep_scores.h"

namespace fcclip::eval {
namespace {

// The classifiers that the run has, in the order of the page.
std::vector<std::string> classifiers_in(const EvaluationScores& scores) {
  std::vector<std::string> names;
  for (const char* name : {"ensemble", "in", "out"}) {
    if (scores.classifiers.contains(name)) names.emplace_back(name);
  }
  return names;
}

// One task, the classifiers beside one another.
class TaskColumns {
 public:
  TaskColumns(const EvaluationScores& scores, const TaskTable& task) : title_(task.title) {
    for (const std::string& name : classifiers_in(scores)) {
      const std::optional<ScoreTable>& table = scores.classifiers.at(name).*task.place;
      if (!table) continue;
      names_.push_back(name);
      tables_.push_back(&*table);
    }
    if (tables_.empty()) return;
    for (const char* group : {"All", "Things", "Stuff", "Seen", "Unseen", "class_agnostic"}) {
      if (has_numbers(group)) groups_.emplace_back(group);
    }
  }

  void write(std::ostream& out) const {
    if (tables_.empty()) return;
    write_heads(out);
    for (const Metric& metric : tables_.front()->group_metrics) {
      out << "<tr><td>" << heading_of(metric.name) << "</td>";
      for (const std::string& group : groups_) {
        for (size_t c = 0; c < tables_.size(); ++c) {
          out << "<td" << (c == 0 ? " class=g" : "") << ">"
              << html_number(tables_[c]->value(group, metric.name), metric.is_count) << "</td>";
        }
      }
      out << "</tr>\n";
    }
    out << "</table>\n";
  }

 private:
  // Whether any classifier has a number for the group; the whole is always shown.
  bool has_numbers(const std::string& group) const {
    if (tables_.front()->group(group) == nullptr) return false;
    if (group == "All") return true;
    return std::any_of(tables_.begin(), tables_.end(), [&](const ScoreTable* table) {
      const ScoreRow* row = table->group(group);
      return row != nullptr && row->values.front().has_value();
    });
  }

  void write_heads(std::ostream& out) const {
    const size_t columns = names_.size();
    out << "<table" << (columns > 1 ? " class=many" : "") << "><tr><th"
        << (columns > 1 ? " rowspan=2" : "") << ">" << title_ << "</th>";
    for (const std::string& group : groups_) {
      out << "<th class=g colspan=" << columns << ">" << heading_of(group) << "</th>";
    }
    out << "</tr>\n";
    if (columns == 1) return;
    out << "<tr>";
    for (size_t i = 0; i < groups_.size(); ++i) {
      for (size_t c = 0; c < columns; ++c) {
        out << "<th" << (c == 0 ? " class=g" : "") << ">" << names_[c] << "</th>";
      }
    }
    out << "</tr>\n";
  }

  const char* title_;
  std::vector<std::string> names_, groups_;
  std::vector<const ScoreTable*> tables_;
};

// The metric of each class as a bar, and the counts beside it; best first, classes without it left
// out.
void write_class_table(std::ostream& out, const std::string& title, const ScoreTable& table) {
  std::vector<const ScoreRow*> sorted;
  for (const ScoreRow& row : table.classes) {
    if (row.values.front()) sorted.push_back(&row);
  }
  if (sorted.empty()) return;
  std::stable_sort(sorted.begin(), sorted.end(), [](const ScoreRow* a, const ScoreRow* b) {
    return *a->values.front() > *b->values.front();
  });
  out << "<h2>" << title
      << " of each class</h2><div class=scroll><table><tr><th>class</th><th></th>";
  for (const Metric& one : table.class_metrics) out << "<th>" << heading_of(one.name) << "</th>";
  out << "</tr>\n";
  for (const ScoreRow* row : sorted) {
    const double width = std::max(0.0, *row->values.front()) * 1.6;
    out << "<tr><td>" << html_escaped(row->name)
        << "</td><td class=b><span class=bar style=\"width:" << width << "px\"></span></td>";
    for (size_t i = 0; i < row->values.size(); ++i) {
      out << "<td>" << html_number(row->values[i], table.class_metrics[i].is_count) << "</td>";
    }
    out << "</tr>\n";
  }
  out << "</table></div>\n";
}

// A cell, the darker the larger; its number stays readable. What rounds to nothing is left blank.
void write_share(std::ostream& out, double share, bool is_right) {
  if (share < 0.005) {
    out << "<td></td>";
    return;
  }
  char cell[160];
  std::snprintf(cell, sizeof cell, "<td style=\"background:rgba(%s,%.2f);color:%s\">%.0f</td>",
                is_right ? "53,114,176" : "190,60,40", share, share > 0.5 ? "#fff" : "#222",
                100 * share);
  out << cell;
}

// Classes by falling number of true pixels, at most 25.
std::vector<std::pair<int64_t, int64_t>> frequent_classes(const SemanticScore& score) {
  constexpr size_t kShown = 25;
  const int64_t classes = score.classes(), side = classes + 1;
  std::vector<std::pair<int64_t, int64_t>> frequent;
  for (int64_t k = 0; k < classes; ++k) {
    int64_t pixels = 0;
    for (int64_t row = 0; row < classes; ++row) pixels += score.confusion()[row * side + k];
    if (pixels > 0) frequent.push_back({-pixels, k});
  }
  std::sort(frequent.begin(), frequent.end());
  if (frequent.size() > kShown) frequent.resize(kShown);
  return frequent;
}

}  // namespace

std::string heading_of(const std::string& key) {
  static const std::map<std::string, std::string> kHeadings = {
      {"pq", "PQ"},           {"sq", "SQ"},
      {"rq", "RQ"},           {"n", "classes"},
      {"tp", "right"},        {"fp", "false"},
      {"fn", "missed"},       {"truths", "true ones"},
      {"share", "pixels, %"}, {"class_agnostic", "Class-agnostic"}};
  const auto found = kHeadings.find(key);
  return found == kHeadings.end() ? html_escaped(key) : found->second;
}

void write_run_table(std::ostream& out, const std::vector<RunFact>& facts) {
  if (facts.empty()) return;
  out << "<details open><summary>How it was made</summary><table class=run>\n";
  for (const RunFact& fact : facts) {
    out << "<tr><td>" << html_escaped(fact.name) << "</td><td>" << html_escaped(fact.text)
        << "</td></tr>\n";
  }
  out << "</table></details>\n";
}

void write_score_tables(std::ostream& out, const EvaluationScores& scores) {
  const std::vector<std::string> classifiers = classifiers_in(scores);
  if (classifiers.size() == 1) out << "<p>Classifier: " << classifiers.front() << "</p>\n";
  for (const TaskTable& task : task_tables()) {
    out << "<div class=scroll>";
    TaskColumns(scores, task).write(out);
    out << "</div>\n";
  }
}

void write_class_tables(std::ostream& out, const RunSummary& one) {
  if (one.panoptic) write_class_table(out, "PQ", *one.panoptic);
  if (one.masks) write_class_table(out, "Mask AP", *one.masks);
  if (one.semantic) write_class_table(out, "IoU", *one.semantic);
  if (one.cityscapes_instances) {
    write_class_table(out, "AP by Cityscapes' rules", *one.cityscapes_instances);
  }
  if (one.cityscapes_semantic) {
    write_class_table(out, "IoU and iIoU by Cityscapes' rules", *one.cityscapes_semantic);
  }
}

void write_confusion_table(std::ostream& out, const SemanticScore& score,
                           const classify::Vocabulary& vocabulary) {
  const auto frequent = frequent_classes(score);
  if (frequent.empty()) return;
  const int64_t side = score.classes() + 1;
  const auto name = [&](int64_t k) { return html_escaped(vocabulary.classes[k].synonyms.front()); };
  out << "<h2>Confusion, percent of the true pixels (row: truth, column: answer)</h2>"
         "<div class=scroll><table class=confusion><tr><th></th>";
  for (const auto& [pixels, k] : frequent) out << "<th><span>" << name(k) << "</span></th>";
  out << "<th><span>others</span></th></tr>\n";
  for (const auto& [pixels, truth] : frequent) {
    out << "<tr><td>" << name(truth) << "</td>";
    double rest = 1;
    for (const auto& [ignored, answer] : frequent) {
      const double share = -static_cast<double>(score.confusion()[answer * side + truth]) /
                           static_cast<double>(pixels);
      rest -= share;
      write_share(out, share, answer == truth);
    }
    write_share(out, std::max(0.0, rest), false);
    out << "</tr>\n";
  }
  out << "</table></div>\n";
}

}  // namespace fcclip::eval
