#include "fcclip/reference_config/yaml_keys.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <yaml-cpp/yaml.h>

#include "fcclip/core/error.h"
#include "fcclip/text/printable.h"

namespace fcclip::reference_config {
namespace {

// A configuration has hundreds; aliases could make billions of few.
constexpr int64_t kMostNodes = 20'000;
// Tags that detectron2's own dumps have, and that name plain values.
constexpr std::array<std::string_view, 7> kPlainPython = {"tuple", "list",  "str", "unicode",
                                                          "int",   "float", "bool"};

class Reader {
 public:
  explicit Reader(const std::string& name) : name_(name) {}

  Document read(const YAML::Node& root) {
    if (root.IsNull()) return {};
    if (!root.IsMap()) {
      fail(ErrorCode::bad_format, name_,
           ": expected sections of keys (MODEL: …) as in the reference's configurations");
    }
    Document document;
    read_map(root, "", document);
    return document;
  }

 private:
  std::string at(const YAML::Node& node) const {
    return name_ + ":" + std::to_string(node.Mark().line + 1);
  }

  void look(const YAML::Node& node) {
    if (++nodes_ > kMostNodes)
      fail(ErrorCode::bad_format, name_, ": the YAML is too large for a configuration");
    const std::string& tag = node.Tag();
    if (tag.empty() || tag == "?" || tag == "!") return;
    constexpr std::string_view kStandard = "tag:yaml.org,2002:", kPython = "python/";
    if (tag.starts_with(kStandard)) {
      std::string_view kind = std::string_view(tag).substr(kStandard.size());
      if (kind.find('/') == std::string_view::npos) return;
      if (kind.starts_with(kPython)) kind.remove_prefix(kPython.size());
      if (std::ranges::find(kPlainPython, kind) != kPlainPython.end()) return;
    }
    fail(ErrorCode::unsafe_file, at(node), ": asks for an object of the kind ",
         text::printable(tag),
         "; only texts, numbers, lists and sections are read, nothing was made");
  }

  void read_map(const YAML::Node& map, const std::string& path, Document& document) {
    look(map);
    for (const auto& entry : map) {
      if (!entry.first.IsScalar())
        fail(ErrorCode::bad_format, at(entry.first), ": expected a key before the colon");
      const std::string& key = entry.first.Scalar();
      if (key == "<<") {
        fail(ErrorCode::unsupported, at(entry.first),
             ": merge keys (<<) are not read; write the keys out, or name a file as _BASE_");
      }
      if (path.empty() && key == "_BASE_") {
        const Value bases = value_of(entry.second);
        document.bases = bases.is_list ? bases.items : std::vector<std::string>{bases.text};
      } else if (entry.second.IsMap()) {
        read_map(entry.second, path + key + ".", document);
      } else {
        document.keys[path + key] = value_of(entry.second);
      }
    }
  }

  Value value_of(const YAML::Node& node) {
    look(node);
    Value value;
    value.file = name_;
    value.line = node.Mark().line + 1;
    if (node.IsScalar()) value.text = node.Scalar();
    if (node.IsNull()) value.text = "None";
    if (node.IsMap())
      fail(ErrorCode::bad_format, at(node), ": expected a value or a list, found a section");
    if (!node.IsSequence()) return value;
    value.is_list = true;
    for (const YAML::Node& item : node) {
      look(item);
      value.items.push_back(item.IsScalar() ? item.Scalar() : "…");
      if (item.IsSequence()) value.rows.push_back(row_of(item));
    }
    return value;
  }

  // What is deeper still belongs to keys of other networks, and is never looked into.
  std::vector<std::string> row_of(const YAML::Node& list) {
    std::vector<std::string> row;
    for (const YAML::Node& item : list) {
      look(item);
      row.push_back(item.IsScalar() ? item.Scalar() : "…");
    }
    return row;
  }

  const std::string& name_;
  int64_t nodes_ = 0;
};

}  // namespace

Document parse_document(const std::string& yaml, const std::string& name) {
  try {
    return Reader(name).read(YAML::Load(yaml));
  } catch (const YAML::Exception& error) {
    if (error.mark.is_null()) fail(ErrorCode::bad_format, name, ": not valid YAML");
    fail(ErrorCode::bad_format, name, ":", error.mark.line + 1, ":", error.mark.column + 1,
         ": not valid YAML from here on");
  }
}

}  // namespace fcclip::reference_config
