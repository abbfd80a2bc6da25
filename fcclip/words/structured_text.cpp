#include "fcclip/words/structured_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/text/printable.h"
#include "fcclip/words/rows.h"

namespace fcclip::words {
namespace {

using OrderedJson = nlohmann::ordered_json;

// Lists of words have thousands of nodes; aliases could make billions of few.
constexpr int64_t kMostNodes = 1'000'000;
constexpr std::array<std::string_view, 6> kNumberKeys = {"id",    "ids",    "isthing",
                                                         "color", "colour", "nc"};

class YamlReader {
 public:
  OrderedJson read(const YAML::Node& node, const std::string& key) {
    if (++nodes_ > kMostNodes)
      fail(ErrorCode::bad_format, "the YAML is too large for a list of words");
    require_plain(node);
    switch (node.Type()) {
      case YAML::NodeType::Map:
        return map(node, key);
      case YAML::NodeType::Sequence: {
        OrderedJson list = OrderedJson::array();
        for (const YAML::Node& item : node) list.push_back(read(item, key));
        return list;
      }
      case YAML::NodeType::Scalar:
        return scalar(node, key);
      default:
        return nullptr;
    }
  }

 private:
  static void require_plain(const YAML::Node& node) {
    const std::string& tag = node.Tag();
    if (tag.empty() || tag == "?" || tag == "!") return;
    constexpr std::string_view kStandard = "tag:yaml.org,2002:";
    if (tag.starts_with(kStandard) && tag.find('/') == std::string::npos) return;
    fail(ErrorCode::unsafe_file, "line ", node.Mark().line + 1, " asks for an object of the kind ",
         text::printable(tag), "; only texts, lists and maps are read, nothing was made");
  }

  OrderedJson map(const YAML::Node& node, const std::string& above) {
    OrderedJson object = OrderedJson::object();
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) {
        fail(ErrorCode::bad_format, "line ", entry.first.Mark().line + 1,
             ": expected a name or number before the colon");
      }
      const std::string& key = entry.first.Scalar();
      if (object.contains(key)) {
        fail(ErrorCode::bad_format, "line ", entry.first.Mark().line + 1, ": the key ",
             text::printable(key), " occurs a second time");
      }
      object[key] = read(entry.second, key.empty() ? above : key);
    }
    return object;
  }

  static OrderedJson scalar(const YAML::Node& node, const std::string& key) {
    const std::string& text = node.Scalar();
    const bool is_number_key =
        std::find(kNumberKeys.begin(), kNumberKeys.end(), key) != kNumberKeys.end();
    if (!is_number_key || node.Tag() == "!") return text;
    if (const auto number = whole_number(text)) return *number;
    const std::string word = lower_ascii(text);
    if (word == "true" || word == "false") return word == "true";
    return text;
  }

  int64_t nodes_ = 0;
};

/// A Python text from its opening quotation mark on, as a JSON text; `at` moves behind it.
std::string python_text(std::string_view text, size_t& at) {
  const char mark = text[at++];
  std::string value;
  while (at < text.size() && text[at] != mark) {
    if (text[at] == '\\' && at + 1 < text.size()) ++at;
    value += text[at++];
  }
  ++at;
  return OrderedJson(value).dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

}  // namespace

std::string yaml_as_json(const std::string& text) {
  try {
    return YamlReader()
        .read(YAML::Load(text), "")
        .dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
  } catch (const YAML::Exception& error) {
    if (error.mark.is_null()) fail(ErrorCode::bad_format, "not valid YAML");
    fail(ErrorCode::bad_format, "not valid YAML from line ", error.mark.line + 1, ", column ",
         error.mark.column + 1, " on");
  }
}

std::optional<std::string_view> assigned_value(std::string_view text) {
  const size_t equals = text.find('=');
  if (equals > 80) return std::nullopt;  // or nowhere
  const std::string_view name = trim(text.substr(0, equals));
  const bool is_name = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  });
  const size_t value = text.find_first_not_of(" \t\n", equals + 1);
  if (!is_name || value == std::string_view::npos ||
      std::string_view("[({").find(text[value]) == std::string_view::npos) {
    return std::nullopt;
  }
  return text.substr(value);
}

std::string python_as_flow(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"' || c == '\'') {
      out += python_text(text, at);
      continue;
    }
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    out += c == '(' ? '[' : c == ')' ? ']' : c;
    if (c == ':' || c == ',') out += ' ';
    ++at;
  }
  return out;
}

size_t line_of_byte(std::string_view text, size_t at) {
  at = std::min(at, text.size());
  return 1 + static_cast<size_t>(
                 std::count(text.begin(), text.begin() + static_cast<int64_t>(at), '\n'));
}

}  // namespace fcclip::words
