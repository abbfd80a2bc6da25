#include "fcclip/eval/report_tables.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "fcclip/eval/html_text.h"

namespace fcclip::eval {
namespace {

using nlohmann::json;

// The keys of the scores as people write them.
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

std::vector<std::string> classifiers_in(const json& scores) {
  std::vector<std::string> names;
  for (const char* name : {"ensemble", "in", "out"}) {
    if (scores.contains(name)) names.emplace_back(name);
  }
  return names;
}

// Where the table of a task lies below a classifier's scores.
struct TaskTable {
  const char* title;
  json::json_pointer place;
  std::vector<std::string> numbers;
};

void write_heads(std::ostream& out, const TaskTable& table, const std::vector<std::string>& groups,
                 const std::vector<std::string>& classifiers) {
  const size_t columns = classifiers.size();
  out << "<table" << (columns > 1 ? " class=many" : "") << "><tr><th"
      << (columns > 1 ? " rowspan=2" : "") << ">" << table.title << "</th>";
  for (const std::string& group : groups) {
    out << "<th class=g colspan=" << columns << ">" << heading_of(group) << "</th>";
  }
  out << "</tr>\n";
  if (columns == 1) return;
  out << "<tr>";
  for (size_t i = 0; i < groups.size(); ++i) {
    for (size_t c = 0; c < columns; ++c) {
      out << "<th" << (c == 0 ? " class=g" : "") << ">" << classifiers[c] << "</th>";
    }
  }
  out << "</tr>\n";
}

// Whether any classifier has a number for the group; the whole is always shown.
bool has_numbers(const TaskTable& table, const json& scores, const std::string& group) {
  if (group == "All") return true;
  for (const std::string& name : classifiers_in(scores)) {
    if (scores[name][table.place][group].value(table.numbers.front(), json()).is_number())
      return true;
  }
  return false;
}

void write_task_table(std::ostream& out, const TaskTable& table, const json& scores) {
  const std::vector<std::string> classifiers = classifiers_in(scores);
  if (classifiers.empty() || !scores[classifiers.front()].contains(table.place)) return;
  const json& first = scores[classifiers.front()][table.place];
  std::vector<std::string> groups;
  for (const char* group : {"All", "Things", "Stuff", "Seen", "Unseen", "class_agnostic"}) {
    if (first.contains(group) && has_numbers(table, scores, group)) groups.emplace_back(group);
  }
  write_heads(out, table, groups, classifiers);
  for (const std::string& number : table.numbers) {
    out << "<tr><td>" << heading_of(number) << "</td>";
    for (const std::string& group : groups) {
      for (size_t c = 0; c < classifiers.size(); ++c) {
        const json& row = scores[classifiers[c]][table.place][group];
        out << "<td" << (c == 0 ? " class=g" : "") << ">" << html_number(row.value(number, json()))
            << "</td>";
      }
    }
    out << "</tr>\n";
  }
  out << "</table>\n";
}

// The metric of each class as a bar, and the counts beside it; best first, classes without it left
// out.
void write_class_table(std::ostream& out, const std::string& title, const json& rows,
                       const std::vector<std::string>& keys) {
  const std::string& key = keys.front();
  std::vector<const json*> sorted;
  for (const json& row : rows) {
    if (row.value(key, json()).is_number()) sorted.push_back(&row);
  }
  if (sorted.empty()) return;
  std::stable_sort(sorted.begin(), sorted.end(), [&](const json* a, const json* b) {
    return (*a)[key].get<double>() > (*b)[key].get<double>();
  });
  out << "<h2>" << title
      << " of each class</h2><div class=scroll><table><tr><th>class</th><th></th>";
  for (const std::string& one : keys) out << "<th>" << heading_of(one) << "</th>";
  out << "</tr>\n";
  for (const json* row : sorted) {
    const double width = std::max(0.0, (*row)[key].get<double>()) * 1.6;
    out << "<tr><td>" << html_escaped((*row)["name"])
        << "</td><td class=b><span class=bar style=\"width:" << width << "px\"></span></td>";
    for (const std::string& one : keys) {
      out << "<td>" << html_number(row->value(one, json())) << "</td>";
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

// Texts as they are, words of a command side by side, pairs without their signs.
std::string text_of_setting(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_structured()) return value.dump();
  std::string text;
  for (const auto& [key, one] : value.items()) {
    if (!text.empty()) text += value.is_array() ? " " : ", ";
    if (value.is_object()) text += key + " ";
    text += text_of_setting(one);
  }
  return text;
}

}  // namespace

void write_run_table(std::ostream& out, const json& run) {
  if (!run.is_object()) return;
  out << "<details open><summary>How it was made</summary><table class=run>\n";
  for (const char* key : {"model", "model_name", "provenance", "fingerprint", "classifiers",
                          "input_size", "thresholds", "oracle", "program", "libtorch",
                          "instruction_set", "threads", "date", "seconds", "command", "folder"}) {
    if (!run.contains(key)) continue;
    const std::string text = text_of_setting(run[key]);
    std::string name = key;
    std::replace(name.begin(), name.end(), '_', ' ');
    out << "<tr><td>" << name << "</td><td>" << html_escaped(text) << "</td></tr>\n";
  }
  out << "</table></details>\n";
}

void write_score_tables(std::ostream& out, const json& scores) {
  const std::vector<std::string> ap = {"AP",  "AP50", "AP75",  "APs", "APm", "APl",
                                       "AR1", "AR10", "AR100", "ARs", "ARm", "ARl"};
  const std::vector<TaskTable> tables = {
      {"Panoptic", json::json_pointer("/panoptic"), {"pq", "sq", "rq", "n"}},
      {"Masks", json::json_pointer("/instances/masks"), ap},
      {"Boxes", json::json_pointer("/instances/boxes"), ap},
      {"Semantic", json::json_pointer("/semantic"), {"mIoU", "fwIoU", "mACC", "pACC", "mBIoU"}}};
  const std::vector<std::string> classifiers = classifiers_in(scores);
  if (classifiers.size() == 1) out << "<p>Classifier: " << classifiers.front() << "</p>\n";
  for (const TaskTable& table : tables) {
    out << "<div class=scroll>";
    write_task_table(out, table, scores);
    out << "</div>\n";
  }
}

void write_class_tables(std::ostream& out, const json& one) {
  if (one.contains("panoptic")) {
    write_class_table(out, "PQ", one["panoptic"]["per_class"],
                      {"pq", "sq", "rq", "tp", "fp", "fn"});
  }
  if (one.contains("instances")) {
    write_class_table(out, "Mask AP", one["instances"]["masks"]["per_class"], {"AP", "truths"});
  }
  if (one.contains("semantic")) {
    write_class_table(out, "IoU", one["semantic"]["per_class"], {"IoU", "ACC", "BIoU", "share"});
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
