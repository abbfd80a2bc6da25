#include <algorithm>
#include <cstdio>

#include "fcclip/core/counted.h"
#include "fcclip/train/check_data.h"

namespace fcclip::train {
namespace {

struct ClassCount {
  std::string name;
  std::string segments;  // a number
};

// In as many columns as 80 characters hold.
std::string columns_of(const std::vector<ClassCount>& counts) {
  constexpr size_t kLine = 80, kGap = 2;
  size_t name_width = 0, count_width = 0;
  for (const auto& [name, segments] : counts) {
    name_width = std::max(name_width, name.size());
    count_width = std::max(count_width, segments.size());
  }
  const size_t columns = std::max<size_t>(1, kLine / (kGap + name_width + 1 + count_width));
  std::string text;
  for (size_t i = 0; i < counts.size(); ++i) {
    const auto& [name, segments] = counts[i];
    text += "  " + name + std::string(name_width - name.size() + 1, ' ') +
            std::string(count_width - segments.size(), ' ') + segments;
    if ((i + 1) % columns == 0 || i + 1 == counts.size()) text += '\n';
  }
  return text;
}

// The commonest first.
std::string classes_text(const DataReport& report, const classify::Vocabulary& vocabulary) {
  std::vector<std::pair<int64_t, int64_t>> found(report.segments_per_class.begin(),
                                                 report.segments_per_class.end());
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<ClassCount> counts;
  for (const auto& [class_index, segments] : found) {
    counts.push_back(
        {vocabulary.classes.at(class_index).synonyms.front(), std::to_string(segments)});
  }
  const size_t absent = vocabulary.classes.size() - counts.size();
  if (absent == 0) return columns_of(counts);
  return columns_of(counts) + std::to_string(absent) +
         (absent == 1 ? " class never occurs\n" : " classes never occur\n");
}

std::string problems_text(const std::vector<std::string>& problems) {
  constexpr size_t kShown = 50;
  std::string text;
  for (size_t i = 0; i < std::min(kShown, problems.size()); ++i) {
    text += "problem: " + problems[i] + '\n';
  }
  if (problems.size() <= kShown) return text;
  return text + "… and " + std::to_string(problems.size() - kShown) + " more\n";
}

}  // namespace

std::string data_report_text(const DataReport& report, const classify::Vocabulary& vocabulary) {
  char empty[32];
  std::snprintf(empty, sizeof empty, "%.1f %% void\n",
                report.pixels > 0 ? 100.0 * report.void_pixels / report.pixels : 0.0);
  return counted(report.pictures, "picture", "pictures") + ", " +
         counted(report.segments, "segment", "segments") + ", " +
         counted(report.crowds, "crowd", "crowds") + ", sides " +
         std::to_string(report.smallest_side_px) + " to " + std::to_string(report.largest_side_px) +
         " px, " + empty + classes_text(report, vocabulary) + problems_text(report.problems);
}

}  // namespace fcclip::train
