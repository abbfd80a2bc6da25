#include "fcclip/data/read_json.h"

#include <algorithm>
#include <cctype>

#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/image/image_file.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/text/text_encoding.h"

namespace fcclip::data {
namespace {

using nlohmann::json;

constexpr size_t kLargestJson = size_t{1} << 34;

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view first_line(std::string_view text) {
  return without_blanks(text.substr(0, text.find('\n')));
}

// A line of a YOLO label file: a class and at least four numbers.
bool is_yolo_line(std::string_view line) {
  const size_t blanks = static_cast<size_t>(std::count(line.begin(), line.end(), ' '));
  return blanks >= 4 && std::isdigit(static_cast<unsigned char>(line.front())) != 0 &&
         line.find_first_not_of("0123456789. -+e") == std::string_view::npos;
}

// What a file is that does not even begin as JSON.
std::string other_than_json(std::string_view bytes) {
  const std::string_view text = without_blanks(bytes.substr(0, 4096));
  if (text.starts_with("<!")) return "an HTML page";
  if (text.starts_with("<")) return "an XML file; export the set as COCO JSON";
  if (!text.empty() && is_yolo_line(first_line(text))) {
    return "a YOLO label file; export the set as COCO JSON";
  }
  return image::describe_bytes(bytes.substr(0, 4096));
}

// The letters, digits and signs around a position.
std::string_view token_at(std::string_view text, size_t at) {
  const auto belongs = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '+' || c == '.' ||
           c == '_';
  };
  size_t begin = at, end = at;
  while (begin > 0 && at - begin < 40 && belongs(text[begin - 1])) --begin;
  while (end < text.size() && end - at < 40 && belongs(text[end])) ++end;
  return text.substr(begin, end - begin);
}

// In words, what the byte at `at` does there.
std::string complaint(std::string_view text, size_t at) {
  if (at >= text.size()) return "the file ends within a value (was it copied whole?)";
  const std::string token(token_at(text, at));
  std::string lower = token;
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (lower == "nan" || lower.ends_with("infinity") || lower.ends_with("inf")) {
    return token + " is no number of JSON; write null or leave it out";
  }
  if (token == "None" || token == "True" || token == "False" || text[at] == '\'') {
    return "Python's way of writing; save it with json.dump";
  }
  if (text[at] == ']' || text[at] == '}')
    return std::string("a value is missing before ") + text[at];
  for (size_t i = at < 2 ? 0 : at - 2; i <= at; ++i) {  // the parser reads on to see it
    if (static_cast<unsigned char>(text[i]) < 0x80) continue;
    return "a byte that is not UTF-8; save the file as UTF-8";
  }
  if (static_cast<unsigned char>(text[at]) < 0x20)
    return "a line break or control character within a text";
  return std::string("unexpected '") + text[at] + "'";
}

// Calls `tick` on its way through a text. What it throws passes the parser untouched.
class TickingBytes {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  TickingBytes(const char* at, const Tick& tick) : at_(at), tick_(&tick) {}
  reference operator*() const { return *at_; }
  TickingBytes& operator++() {
    constexpr uintptr_t kEvery = uintptr_t{1} << 20;
    if ((reinterpret_cast<uintptr_t>(++at_) & (kEvery - 1)) == 0) (*tick_)();
    return *this;
  }
  bool operator==(const TickingBytes& other) const { return at_ == other.at_; }

 private:
  const char* at_;
  const Tick* tick_;
};

json parsed(const std::string& text, const Tick& tick) {
  if (!tick) return json::parse(text);
  const char* begin = text.data();
  return json::parse(TickingBytes(begin, tick), TickingBytes(begin + text.size(), tick));
}

bool parses(std::string_view text) {
  return json::accept(text.begin(), text.end());
}

[[noreturn]] void refuse_json(std::string_view text, size_t at, const std::string& name) {
  const std::string_view content = without_blanks(text);
  if (content.empty() || (content.front() != '{' && content.front() != '[')) {
    fail(ErrorCode::bad_format, name, ": not valid JSON but ", other_than_json(text));
  }
  const std::string_view line = first_line(content);
  if (line.size() < content.size() && parses(line)) {
    fail(ErrorCode::bad_format, name,
         ": not valid JSON but one JSON value a line (JSON lines); one document is expected");
  }
  const auto until = text.begin() + static_cast<std::ptrdiff_t>(std::min(at, text.size()));
  const auto line_number = 1 + std::count(text.begin(), until, '\n');
  fail(ErrorCode::bad_format, name, ": not valid JSON: line ", line_number, ": ",
       complaint(text, at));
}

}  // namespace

json parse_json(std::string bytes, const std::string& name, const Tick& tick) {
  const std::string text = text::to_utf8(std::move(bytes), name);
  try {
    return parsed(text, tick);
  } catch (const json::parse_error& error) {
    refuse_json(text, error.byte > 0 ? error.byte - 1 : 0, name);
  } catch (const json::exception&) {
    fail(ErrorCode::bad_format, name, ": not valid JSON: a number too large to be kept");
  }
}

json read_json(const std::filesystem::path& path, const Tick& tick) {
  return parse_json(io::read_file(path, kLargestJson), path.string(), tick);
}

}  // namespace fcclip::data
