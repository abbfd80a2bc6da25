// The JSON forms of a vocabulary.
#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <unordered_set>

#include <nlohmann/json.hpp>

#include "fcclip/classify/vocabulary.h"
#include "fcclip/core/error.h"
#include "fcclip/core/listed.h"
#include "fcclip/text/printable.h"

namespace fcclip::classify {
namespace {

using Json = nlohmann::json;

[[noreturn]] void refuse(size_t index, std::string_view what) {
  fail(ErrorCode::bad_format, "vocabulary, entry ", index + 1, ": ", what);
}

std::vector<std::string> names_of(const Json& name, size_t index) {
  if (!name.is_string()) refuse(index, "expected a \"name\" that is a text");
  std::vector<std::string> synonyms = split_synonyms(name.get_ref<const std::string&>());
  synonyms.erase(std::remove_if(synonyms.begin(), synonyms.end(),
                                [](const std::string& synonym) {
                                  return synonym.find_first_not_of(" \t\r\n") == std::string::npos;
                                }),
                 synonyms.end());
  if (synonyms.empty()) refuse(index, "the name is empty");
  return synonyms;
}

/// 1, 0, true or false.
bool flag_of(const Json& value, size_t index) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_integer()) return value.get<int64_t>() != 0;
  refuse(index, "expected \"isthing\" to be 0 or 1");
}

/// [r, g, b] or "#rrggbb".
std::array<uint8_t, 3> colour_of(const Json& value, size_t index) {
  std::array<uint8_t, 3> rgb{};
  if (value.is_string()) {
    const std::string& text = value.get_ref<const std::string&>();
    const bool is_hex = text.size() == 7 && text.front() == '#' &&
                        text.find_first_not_of("0123456789abcdefABCDEF", 1) == std::string::npos;
    if (!is_hex) refuse(index, "expected \"color\" to be [r, g, b] or \"#rrggbb\"");
    for (size_t i = 0; i < rgb.size(); ++i) {
      rgb[i] = static_cast<uint8_t>(std::stoi(text.substr(1 + 2 * i, 2), nullptr, 16));
    }
    return rgb;
  }
  bool good = value.is_array() && value.size() == rgb.size();
  for (size_t i = 0; good && i < rgb.size(); ++i) {
    good = value[i].is_number_integer() && value[i] >= 0 && value[i] <= 255;
    if (good) rgb[i] = value[i].get<uint8_t>();
  }
  if (!good) refuse(index, "expected \"color\" to be three numbers from 0 to 255");
  return rgb;
}

/// What COCO, Supervisely and others call the name.
Json name_in(const Json& row) {
  for (const char* key : {"name", "title", "label", "display_name"}) {
    if (const auto found = row.find(key); found != row.end()) return *found;
  }
  return {};
}

VocabularyClass class_of(const Json& row, size_t index) {
  VocabularyClass entry;
  entry.id = static_cast<int64_t>(index) + 1;
  if (row.is_string()) {
    entry.synonyms = names_of(row, index);
    return entry;
  }
  if (!row.is_object())
    refuse(index, "expected a name or an object like {\"id\": 1, \"name\": \"mug,cup\"}");
  if (!row.contains("name") && row.contains("category_id")) {
    refuse(index, "COCO results hold numbers of classes and no names; give the annotations file");
  }
  entry.synonyms = names_of(name_in(row), index);
  if (const auto id = row.find("id"); id != row.end()) {
    constexpr int64_t kLargestId = int64_t{1} << 53;  // what every JSON reader keeps exactly
    if (!id->is_number_integer() || *id < 0 || *id > kLargestId) {
      refuse(index, "expected \"id\" to be a whole number from 0 to 2^53");
    }
    entry.id = id->get<int64_t>();
  }
  if (const auto thing = row.find("isthing"); thing != row.end())
    entry.is_thing = flag_of(*thing, index);
  const auto colour = row.find("color");
  const bool has_colour = colour != row.end() && !colour->is_null() && *colour != "";
  if (has_colour) entry.colour_rgb = colour_of(*colour, index);
  return entry;
}

/// {"stuff_classes": [...], id maps} or {"synonyms": [[...]], "ids": [...]}, made into rows.
Json rows_of_lists(const Json& object) {
  Json rows = Json::array();
  const bool plain = object.contains("stuff_classes") && object["stuff_classes"].is_array();
  const Json lists = object.value(plain ? "stuff_classes" : "synonyms", Json::array());
  for (const Json& item : lists) {
    std::string name = item.is_string() ? item.get<std::string>() : "";
    for (const Json& synonym : item.is_array() ? item : Json::array()) {
      if (synonym.is_string()) name += (name.empty() ? "" : ",") + synonym.get<std::string>();
    }
    rows.push_back({{"name", name}});
  }
  const Json ids = object.value("ids", Json::array());
  for (size_t i = 0; i < std::min(rows.size(), ids.size()); ++i) rows[i]["id"] = ids[i];
  for (const char* kind : {"stuff", "thing"}) {
    const auto map = object.find(std::string(kind) + "_dataset_id_to_contiguous_id");
    if (map == object.end() || !map->is_object()) continue;
    for (const auto& [id, index] : map->items()) {
      if (!index.is_number_unsigned() || index >= rows.size()) continue;
      Json& row = rows[index.get<size_t>()];
      row["id"] = std::strtoll(id.c_str(), nullptr, 10);
      row["isthing"] = kind == std::string("thing") ? 1 : 0;
    }
  }
  return rows;
}

/// Given ids must differ; a class without one keeps its position, or gets the next free id where
/// that is taken.
void settle_ids(const Json& rows, std::vector<VocabularyClass>& classes) {
  std::unordered_set<int64_t> ids;
  int64_t highest = static_cast<int64_t>(classes.size());
  const auto given = [&](size_t i) { return rows[i].is_object() && rows[i].contains("id"); };
  for (size_t i = 0; i < classes.size(); ++i) {
    if (!given(i)) continue;
    const int64_t id = classes[i].id;
    if (!ids.insert(id).second) refuse(i, "id " + std::to_string(id) + " occurs a second time");
    highest = std::max(highest, id);
  }
  for (size_t i = 0; i < classes.size(); ++i) {
    if (!given(i) && !ids.insert(classes[i].id).second) classes[i].id = ++highest;
  }
}

std::optional<int64_t> number_in(const std::string& text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// A number, also one that was written as a text.
std::optional<int64_t> number_in(const Json& value) {
  if (value.is_number_integer()) return value.get<int64_t>();
  return value.is_string() ? number_in(value.get_ref<const std::string&>()) : std::nullopt;
}

/// {"0": "cat", "1": "dog"}, {"0": ["n02123045", "tabby"]} or {"cat": 0, "dog": 1} as rows in the
/// order of the numbers; null for any other object.
Json rows_of_map(const Json& map) {
  std::map<int64_t, Json> names;
  bool by_number = true, by_name = true;
  for (const auto& [key, value] : map.items()) {
    by_number = by_number && number_in(key).has_value();
    by_name = by_name && number_in(value).has_value();
  }
  // A list's name with a number behind it is a damaged list, no class.
  for (const char* list : {"categories", "names", "classes", "labels"}) {
    by_name = by_name && !map.contains(list);
  }
  if (map.empty() || (!by_number && !by_name)) return nullptr;
  for (const auto& [key, value] : map.items()) {
    const int64_t id = by_number ? *number_in(key) : *number_in(value);
    Json name = by_number ? value : Json(key);
    if (name.is_array() && !name.empty()) name = name.back();
    if (!names.emplace(id, std::move(name)).second) {
      fail(ErrorCode::bad_format, "vocabulary: number ", id, " occurs a second time");
    }
  }
  Json rows = Json::array();
  for (auto& [id, name] : names) {
    rows.push_back({{"name", std::move(name)}});
    if (id >= 0) rows.back()["id"] = id;
  }
  return rows;
}

/// What an object without classes seems to be.
std::string describe_object(const Json& object) {
  if (object.contains("shapes") && object.contains("imagePath")) {
    return "this is labelme's annotation of one picture";
  }
  if (object.contains("annotations") && object.contains("images")) {
    return "these are annotations without \"categories\"";
  }
  if (object.contains("features")) return "this is GeoJSON";
  if (object.contains("model_type") || object.contains("architectures")) {
    return "this is a model's configuration without \"id2label\"";
  }
  std::string keys;
  size_t shown = 0;
  for (const auto& [key, value] : object.items()) {
    if (++shown > 8) break;
    add_to_list(keys, text::printable(key, 30));
  }
  if (keys.empty()) return "the object is empty";
  return "none under the keys " + keys + (object.size() > shown ? ", …" : "");
}

/// Under the first key that has them: COCO's categories; the data set's own tables; what
/// Ultralytics (names), transformers (id2label), Supervisely and others write.
Json rows_of_object(const Json& object) {
  const auto categories = object.find("categories");
  if (categories != object.end() && categories->is_array()) return *categories;
  if (object.contains("stuff_classes") || object.contains("synonyms")) return rows_of_lists(object);
  for (const char* key : {"names", "id2label", "label2id", "classes", "CLASSES", "class_names",
                          "labels", "categories"}) {
    const auto found = object.find(key);
    if (found == object.end()) continue;
    if (found->is_array()) return *found;
    const Json rows = found->is_object() ? rows_of_map(*found) : Json();
    if (!rows.is_null()) return rows;
  }
  return rows_of_map(object);
}

Json parsed(std::string_view text) {
  try {
    return Json::parse(text);  // skips a byte order mark, refuses what is not UTF-8
  } catch (const Json::parse_error& error) {
    const size_t at = std::min(error.byte, text.size());
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<int64_t>(at), '\n');
    fail(ErrorCode::bad_format, "vocabulary: not JSON from line ", line, " (byte ", at, ") on");
  } catch (const Json::exception&) {
    fail(ErrorCode::bad_format, "vocabulary: a number too large to be kept");
  }
}

}  // namespace

Vocabulary parse_vocabulary_json(std::string_view text) {
  const Json document = parsed(text);
  Vocabulary vocabulary;
  Json rows = document;
  if (document.is_object()) {
    const auto name = document.find("name");
    if (name != document.end() && name->is_string()) vocabulary.name = name->get<std::string>();
    rows = rows_of_object(document);
  }
  if (!rows.is_array() || rows.empty()) {
    fail(ErrorCode::bad_format, "vocabulary: no classes",
         document.is_object() ? "; " + describe_object(document) : "",
         "; expected [{\"id\": 1, \"name\": \"mug,cup\", \"isthing\": 1}, ...]");
  }
  for (size_t i = 0; i < rows.size(); ++i) vocabulary.classes.push_back(class_of(rows[i], i));
  settle_ids(rows, vocabulary.classes);
  return vocabulary;
}

}  // namespace fcclip::classify
