#include "apps/report.h"

#include <algorithm>
#include <cstdio>
#include <ostream>

namespace fcclip::apps {
namespace {

constexpr size_t kLongestName = 32;

size_t characters(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

// At most kLongestName characters, never cut inside one.
std::string shortened(const std::string& text) {
  if (characters(text) <= kLongestName) return text;
  size_t end = 0, count = 0;
  while (end < text.size() && count < kLongestName - 1) {
    ++end;
    while (end < text.size() && (text[end] & 0xC0) == 0x80) ++end;
    ++count;
  }
  return text.substr(0, end) + "…";
}

std::string format(const char* pattern, double value) {
  char text[32];
  std::snprintf(text, sizeof text, pattern, value);
  return text;
}

std::string box(const Segment& segment) {
  const auto& [x, y, w, h] = segment.box_xywh_px;
  return std::to_string(x) + "," + std::to_string(y) + " " + std::to_string(w) + "x" +
         std::to_string(h);
}

std::string next_best(const Segment& segment) {
  std::string text;
  for (const NameScore& other : segment.next_best) {
    if (!text.empty()) text += ", ";
    text += shortened(other.name) + " " + format("%.2f", other.score);
  }
  return text;
}

using Row = std::vector<std::string>;

std::vector<Row> rows_of(const Segmentation& result) {
  const double pixels = static_cast<double>(result.size.height * result.size.width);
  std::vector<Row> rows = {
      {"id", "name", "synonym", "kind", "score", "in", "out", "area", "box", "next best"}};
  for (const Segment& segment : result.segments) {
    rows.push_back({std::to_string(segment.id), shortened(segment.name), shortened(segment.synonym),
                    segment.is_thing ? "thing" : "stuff", format("%.3f", segment.score),
                    format("%.3f", segment.in_vocabulary_score),
                    format("%.3f", segment.out_of_vocabulary_score),
                    format("%.1f%%", 100.0 * static_cast<double>(segment.area_px) / pixels),
                    box(segment), next_best(segment)});
  }
  return rows;
}

}  // namespace

void print_table(std::ostream& out, const std::string& title, const Segmentation& result) {
  out << title << '\n';
  const std::vector<Row> rows = rows_of(result);
  std::vector<size_t> widths(rows.front().size(), 0);
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], characters(row[i]));
  }
  if (rows.size() == 1) return;
  for (const Row& row : rows) {
    std::string line = " ";
    for (size_t i = 0; i < row.size(); ++i) {
      line += ' ' + row[i];
      if (i + 1 < row.size()) line += std::string(widths[i] - characters(row[i]) + 1, ' ');
    }
    out << line << '\n';
  }
}

nlohmann::json to_json(const Segmentation& result) {
  static constexpr const char* kTasks[] = {"panoptic", "instance", "semantic"};
  nlohmann::json segments = nlohmann::json::array();
  for (const Segment& segment : result.segments) {
    nlohmann::json others = nlohmann::json::array();
    for (const NameScore& other : segment.next_best) {
      others.push_back({{"name", other.name}, {"score", other.score}});
    }
    segments.push_back({{"id", segment.id},
                        {"name", segment.name},
                        {"synonym", segment.synonym},
                        {"thing", segment.is_thing},
                        {"score", segment.score},
                        {"in_vocabulary_score", segment.in_vocabulary_score},
                        {"out_of_vocabulary_score", segment.out_of_vocabulary_score},
                        {"next_best", others},
                        {"area_px", segment.area_px},
                        {"box_xywh_px", segment.box_xywh_px}});
  }
  return {{"task", kTasks[static_cast<int>(result.task)]},
          {"height", result.size.height},
          {"width", result.size.width},
          {"segments", segments}};
}

}  // namespace fcclip::apps
