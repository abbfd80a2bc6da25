#include "fcclip/outputs/segment_table.h"

#include <algorithm>
#include <cstdio>
#include <ostream>

#include "fcclip/text/display_width.h"

namespace fcclip::outputs {
namespace {

constexpr int64_t kLongestName = 32, kShortestName = 8;

std::string format(const char* pattern, double value) {
  char text[32];
  std::snprintf(text, sizeof text, pattern, value);
  return text;
}

std::string box(const results::Segment& segment) {
  const auto& [x, y, w, h] = segment.box_xywh_px;
  return std::to_string(x) + "," + std::to_string(y) + " " + std::to_string(w) + "x" +
         std::to_string(h);
}

std::string next_best(const results::Segment& segment, size_t most) {
  std::string text;
  for (size_t i = 0; i < std::min(most, segment.next_best.size()); ++i) {
    const results::NameScore& other = segment.next_best[i];
    if (!text.empty()) text += ", ";
    text += text::shortened_to(other.name, kLongestName) + " " + format("%.2f", other.score);
  }
  return text;
}

struct Column {
  std::string head;
  std::vector<std::string> cells;
  int64_t width() const {
    int64_t widest = text::display_width(head);
    for (const std::string& cell : cells) widest = std::max(widest, text::display_width(cell));
    return widest;
  }
};

template <typename Cell>
Column column(const std::string& head, const results::Segmentation& result, const Cell& cell) {
  Column out{head, {}};
  for (const results::Segment& segment : result.segments()) out.cells.push_back(cell(segment));
  return out;
}

// What may go when the terminal is narrow, in this order: the less it says about the picture, the
// sooner.
enum class Narrowing {
  none,
  one_next_best,
  no_classifiers,
  no_next_best,
  no_synonym,
  no_box,
  no_kind
};
constexpr Narrowing kNarrowings[] = {Narrowing::none,           Narrowing::one_next_best,
                                     Narrowing::no_classifiers, Narrowing::no_next_best,
                                     Narrowing::no_synonym,     Narrowing::no_box,
                                     Narrowing::no_kind};

// With one word both classifiers give it everything: that says nothing.
bool classifiers_say_something(const results::Segmentation& result) {
  return std::any_of(
      result.segments().begin(), result.segments().end(), [](const results::Segment& segment) {
        return segment.in_vocabulary_score < 0.9995 || segment.out_of_vocabulary_score < 0.9995;
      });
}

std::vector<Column> columns_of(const results::Segmentation& result, Narrowing narrowing,
                               int64_t longest_name) {
  const double pixels = static_cast<double>(result.size.height * result.size.width);
  const auto keeps = [narrowing](Narrowing until) { return narrowing < until; };
  std::vector<Column> columns;
  const auto add = [&](const std::string& head, const auto& cell) {
    columns.push_back(column(head, result, cell));
  };
  add("id", [](const results::Segment& s) { return std::to_string(s.id); });
  add("name", [&](const results::Segment& s) { return text::shortened_to(s.name, longest_name); });
  if (keeps(Narrowing::no_synonym)) {
    add("synonym", [](const results::Segment& s) {
      return s.synonym == s.name ? "" : text::shortened_to(s.synonym, kLongestName);
    });
  }
  if (keeps(Narrowing::no_kind)) {
    add("kind",
        [](const results::Segment& s) { return std::string(s.is_thing ? "thing" : "stuff"); });
  }
  add("score", [](const results::Segment& s) { return format("%.3f", s.score); });
  if (keeps(Narrowing::no_classifiers) && classifiers_say_something(result)) {
    add("trained", [](const results::Segment& s) { return format("%.3f", s.in_vocabulary_score); });
    add("CLIP",
        [](const results::Segment& s) { return format("%.3f", s.out_of_vocabulary_score); });
  }
  add("area", [&](const results::Segment& s) {
    return format("%.1f%%", 100.0 * static_cast<double>(s.area_px) / pixels);
  });
  if (keeps(Narrowing::no_box)) add("box", box);
  if (keeps(Narrowing::no_next_best)) {
    const size_t most = keeps(Narrowing::one_next_best) ? SIZE_MAX : 1;
    add("next best", [most](const results::Segment& s) { return next_best(s, most); });
  }
  std::erase_if(columns, [](const Column& one) {
    return std::all_of(one.cells.begin(), one.cells.end(),
                       [](const std::string& cell) { return cell.empty(); });
  });
  return columns;
}

// Two blanks before the first column, one between two.
int64_t line_width(const std::vector<Column>& columns) {
  int64_t width = 1;
  for (const Column& one : columns) width += 1 + one.width();
  return width;
}

std::vector<Column> fitting_columns(const results::Segmentation& result, int64_t width) {
  std::vector<Column> columns;
  for (const Narrowing narrowing : kNarrowings) {
    columns = columns_of(result, narrowing, kLongestName);
    if (width <= 0 || line_width(columns) <= width) return columns;
  }
  const int64_t too_much = line_width(columns) - width;
  const int64_t name = std::max(kShortestName, columns[1].width() - too_much);
  return columns_of(result, Narrowing::no_kind, name);
}

void write_rows(std::ostream& out, const std::vector<Column>& columns) {
  for (size_t row = 0; row <= columns.front().cells.size(); ++row) {
    std::string line = " ";
    for (size_t i = 0; i < columns.size(); ++i) {
      const std::string& cell = row == 0 ? columns[i].head : columns[i].cells[row - 1];
      line += ' ' + cell;
      if (i + 1 < columns.size()) {
        line +=
            std::string(static_cast<size_t>(columns[i].width() - text::display_width(cell)), ' ');
      }
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
  }
}

}  // namespace

void write_table(std::ostream& out, const std::string& title, const results::Segmentation& result,
                 int64_t width) {
  out << title << '\n';
  if (!result.segments().empty()) write_rows(out, fitting_columns(result, width));
  if (!result.best_words.empty()) {
    std::vector<Column> columns =
        fitting_columns({result.size, results::InstanceSegmentation{result.best_words}}, width);
    columns.front().head = "no.";
    out << "  best words of the picture, each where it fits best\n";
    write_rows(out, columns);
  }
  if (result.below_min_score > 0) {
    out << "  " << result.below_min_score << " below " << format("%g", result.min_score)
        << " not shown (--min-score)\n";
  }
}

}  // namespace fcclip::outputs
