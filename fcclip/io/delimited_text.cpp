#include "fcclip/io/delimited_text.h"

#include <algorithm>

#include "fcclip/core/error.h"
#include "fcclip/core/plain_text.h"

namespace fcclip::io {
namespace {

constexpr std::string_view kLineEnds = "\r\n";
constexpr std::string_view kSeparatorHint = "sep=";
constexpr char kObjectBegin = '{';

std::string trimmed(std::string_view cell) {
  return std::string(fcclip::trimmed(cell, " \t"));
}

bool is_hint(std::string_view line) {
  return line.size() == kSeparatorHint.size() + 1 && line.starts_with(kSeparatorHint);
}

bool begins_with_object(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  return first != std::string_view::npos && text[first] == kObjectBegin;
}

char separator_of(std::string_view line) {
  if (is_hint(line)) return line.back();
  if (line.find('\t') != std::string_view::npos) return '\t';
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    if (!quoted && (c == ',' || c == ';' || c == '|')) return c;
  }
  return '\t';
}

class RowReader {
 public:
  RowReader(std::string_view text, char separator, std::string_view name)
      : text_(text), separator_(separator), name_(name) {}

  std::vector<DelimitedRow> read() {
    std::vector<DelimitedRow> rows;
    while (position_ < text_.size()) {
      DelimitedRow row;
      row.line = line_;
      const size_t begin = position_;
      row.is_object = begins_with_object(text_.substr(position_));
      if (row.is_object) {
        position_ = std::min(text_.find_first_of(kLineEnds, position_), text_.size());
        row.cells.push_back(trimmed(text_.substr(begin, position_ - begin)));
      } else {
        do row.cells.push_back(read_cell());
        while (take_separator());
      }
      row.whole = text_.substr(begin, position_ - begin);
      take_line_end();
      const bool is_blank = std::all_of(row.cells.begin(), row.cells.end(),
                                        [](const std::string& cell) { return cell.empty(); });
      if (!is_blank && !(rows.empty() && is_hint(row.whole))) rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  bool at_cell_end(size_t i) const {
    return i >= text_.size() || text_[i] == separator_ ||
           kLineEnds.find(text_[i]) != std::string_view::npos;
  }

  std::string read_cell() {
    size_t begin = position_;
    while (begin < text_.size() && text_[begin] == ' ') ++begin;
    std::string cell;
    if (begin < text_.size() && text_[begin] == '"' && read_quoted(begin, cell)) return cell;
    begin = position_;
    while (!at_cell_end(position_)) ++position_;
    return trimmed(text_.substr(begin, position_ - begin));
  }

  // False when it is no quoted cell after all; then nothing has been taken.
  bool read_quoted(size_t quote, std::string& cell) {
    const bool many_lines = separator_ != '\t';
    size_t i = quote + 1;
    for (; i < text_.size(); ++i) {
      if (text_[i] == '"') {
        if (i + 1 >= text_.size() || text_[i + 1] != '"') break;
        ++i;
      } else if (!many_lines && kLineEnds.find(text_[i]) != std::string_view::npos) {
        return false;
      }
      cell += text_[i];
    }
    if (i >= text_.size()) {
      if (!many_lines) return false;
      fail(ErrorCode::bad_format, name_, ", line ", line_,
           ": a quotation mark that is never closed");
    }
    size_t end = i + 1;
    while (end < text_.size() && text_[end] == ' ') ++end;
    if (!at_cell_end(end)) return false;
    line_ += std::count(text_.begin() + static_cast<int64_t>(quote),
                        text_.begin() + static_cast<int64_t>(end), '\n');
    position_ = end;
    cell = trimmed(cell);
    return true;
  }

  bool take_separator() {
    if (position_ >= text_.size() || text_[position_] != separator_) return false;
    ++position_;
    return true;
  }

  void take_line_end() {
    if (position_ >= text_.size()) return;
    position_ += text_.substr(position_).starts_with("\r\n") ? 2 : 1;
    ++line_;
  }

  std::string_view text_;
  char separator_;
  std::string_view name_;
  size_t position_ = 0;
  int64_t line_ = 1;
};

}  // namespace

char guess_separator(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find_first_of(kLineEnds));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!trimmed(line).empty() && !begins_with_object(line)) return separator_of(line);
  }
  return '\t';
}

std::vector<DelimitedRow> read_rows(std::string_view text, char separator, std::string_view name) {
  return RowReader(text, separator, name).read();
}

}  // namespace fcclip::io
