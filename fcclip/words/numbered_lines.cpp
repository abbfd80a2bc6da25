// Lines with a number, a colour or WordNet's mark before the name; label maps.
#include <algorithm>

#include "fcclip/core/error.h"
#include "fcclip/words/list_forms.h"

namespace fcclip::words {
namespace {

/// Numbers at the line's start, at most four; `rest` is what follows them.
std::vector<int64_t> leading_numbers(std::string_view line, std::string_view& rest) {
  std::vector<int64_t> numbers;
  while (numbers.size() < 4) {
    const size_t end = std::min(line.find_first_of(" \t"), line.size());
    const auto number = whole_number(line.substr(0, end));
    if (!number || end == line.size()) break;
    numbers.push_back(*number);
    line = trim(line.substr(end));
  }
  rest = line;
  return numbers;
}

/// "0: person", "1. person", "2) person" -> the number.
std::optional<int64_t> marked_number(std::string_view line, std::string_view& rest) {
  const size_t end = line.find_first_not_of("0123456789");
  if (end == 0 || end == std::string_view::npos) return std::nullopt;
  const size_t mark = line.find_first_not_of(" \t", end);
  if (mark == std::string_view::npos ||
      std::string_view(":.)").find(line[mark]) == std::string_view::npos) {
    return std::nullopt;
  }
  rest = unquoted(trim(line.substr(mark + 1)));
  return whole_number(line.substr(0, end));
}

bool is_wordnet_mark(std::string_view word) {
  return word.size() == 9 && word.front() == 'n' &&
         word.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

std::optional<std::vector<Row>> rows_with_marks(const std::vector<TextLine>& lines) {
  std::vector<Row> rows;
  for (const TextLine& line : lines) {
    std::string_view rest;
    const auto number = marked_number(line.text, rest);
    if (!number) return std::nullopt;
    rows.push_back({line.number, number, std::string(rest), {}, {}});
  }
  return rows;
}

std::optional<std::vector<Row>> rows_of_wordnet(const std::vector<TextLine>& lines) {
  std::vector<Row> rows;
  for (const TextLine& line : lines) {
    const size_t end = line.text.find_first_of(" \t");
    if (end == std::string_view::npos || !is_wordnet_mark(line.text.substr(0, end))) {
      return std::nullopt;
    }
    rows.push_back({line.number, {}, std::string(trim(line.text.substr(end))), {}, {}});
  }
  return rows;
}

/// One number before each name must rise from line to line: else it may be part of a name.
bool are_rising(const std::vector<Row>& rows) {
  for (size_t i = 1; i < rows.size(); ++i) {
    if (*rows[i].id <= *rows[i - 1].id) return false;
  }
  return rows.size() > 1;
}

std::optional<std::vector<Row>> rows_with_numbers(const std::vector<TextLine>& lines) {
  std::vector<Row> rows;
  std::optional<size_t> columns;
  for (const TextLine& line : lines) {
    std::string_view rest;
    const std::vector<int64_t> numbers = leading_numbers(line.text, rest);
    if (numbers.empty() || numbers.size() == 2 || (columns && *columns != numbers.size())) {
      return std::nullopt;
    }
    if (rest.find_first_not_of("0123456789. \t-") == std::string_view::npos) return std::nullopt;
    columns = numbers.size();
    Row row{line.number, {}, std::string(rest), {}, {}};
    if (numbers.size() != 3) row.id = numbers.front();
    if (numbers.size() > 1) {
      std::string colour;
      for (size_t i = numbers.size() - 3; i < numbers.size(); ++i) {
        colour += std::to_string(numbers[i]) + " ";
      }
      row.colour_rgb = colour_of_text(colour);
      if (!row.colour_rgb) return std::nullopt;
    }
    rows.push_back(std::move(row));
  }
  if (columns == 1 && !are_rising(rows)) return std::nullopt;
  return rows;
}

}  // namespace

std::optional<classify::Vocabulary> parse_numbered_lines(const std::vector<TextLine>& lines) {
  for (const auto& form : {rows_with_marks, rows_of_wordnet, rows_with_numbers}) {
    if (const auto rows = form(lines)) return vocabulary_of(*rows);
  }
  return std::nullopt;
}

std::optional<classify::Vocabulary> parse_label_map(const std::vector<TextLine>& lines) {
  std::vector<Row> rows;
  for (const TextLine& line : lines) {
    const size_t first = line.text.find(':');
    if (first == std::string_view::npos || first == 0) return std::nullopt;
    const size_t second = line.text.find(':', first + 1);
    if (second == std::string_view::npos ||
        line.text.find(':', second + 1) == std::string_view::npos) {
      return std::nullopt;
    }
    const std::string_view colour = trim(line.text.substr(first + 1, second - first - 1));
    Row row{line.number, {}, std::string(trim(line.text.substr(0, first))), {}, {}};
    if (!colour.empty()) {
      row.colour_rgb = colour_of_text(colour);
      if (!row.colour_rgb) return std::nullopt;
    }
    rows.push_back(std::move(row));
  }
  return vocabulary_of(std::move(rows));
}

namespace {

/// The text format of protocol buffers, as far as label maps use it.
class PbtxtReader {
 public:
  explicit PbtxtReader(std::string_view text) : text_(text) {}

  std::vector<Row> items() {
    std::vector<Row> rows;
    while (!word().empty() || at_ < text_.size()) {
      const std::string key = token_;
      if (key != "item") refuse("expected item { … }");
      if (word() == ":") word();
      if (token_ != "{") refuse("expected { after item");
      rows.push_back(item());
    }
    return rows;
  }

 private:
  [[noreturn]] void refuse(const char* what) const {
    const auto line =
        1 + std::count(text_.begin(), text_.begin() + static_cast<int64_t>(at_), '\n');
    fail(ErrorCode::bad_format, "line ", line, " of the label map (pbtxt): ", what);
  }

  Row item() {
    Row row;
    row.line = 1 + static_cast<size_t>(
                       std::count(text_.begin(), text_.begin() + static_cast<int64_t>(at_), '\n'));
    std::string display;
    while (word() != "}") {
      const std::string key = token_;
      if (key.empty()) refuse("an item without }");
      if (word() == ":") word();
      if (token_ == "{") {
        skip_block();
      } else if (key == "id") {
        row.id = whole_number(token_);
      } else if (key == "name") {
        row.name = token_;
      } else if (key == "display_name") {
        display = token_;
      }
    }
    if (!display.empty()) row.name = display;
    return row;
  }

  void skip_block() {
    for (int depth = 1; depth > 0;) {
      if (word().empty()) refuse("a block without }");
      depth += token_ == "{" ? 1 : token_ == "}" ? -1 : 0;
    }
  }

  /// The next word, quoted text or sign; "" at the end.
  const std::string& word() {
    token_.clear();
    at_ = std::min(text_.find_first_not_of(" \t\n,;", at_), text_.size());
    if (at_ == text_.size()) return token_;
    const char c = text_[at_];
    if (c == '#') {
      at_ = std::min(text_.find('\n', at_), text_.size());
      return word();
    }
    if (c == '"' || c == '\'') return quoted(c);
    if (c == '{' || c == '}' || c == ':') {
      token_ = text_[at_++];
      return token_;
    }
    const size_t end = std::min(text_.find_first_of(" \t\n,;:{}\"'", at_), text_.size());
    token_ = text_.substr(at_, end - at_);
    at_ = end;
    return token_;
  }

  const std::string& quoted(char mark) {
    const size_t begin = ++at_;
    while (at_ < text_.size() && text_[at_] != mark) {
      if (text_[at_] == '\n') refuse("a quotation without an end");
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      token_ += text_[at_++];
    }
    if (at_ == text_.size()) refuse("a quotation without an end");
    ++at_;
    if (at_ == begin + 1) token_ = " ";  // an empty text is a token, too
    return token_;
  }

  std::string_view text_;
  std::string token_;
  size_t at_ = 0;
};

}  // namespace

classify::Vocabulary parse_pbtxt(std::string_view text) {
  return vocabulary_of(PbtxtReader(text).items());
}

}  // namespace fcclip::words
