// The JSON forms of a vocabulary.
#include <algorithm>
#include <unordered_set>

#include <nlohmann/json.hpp>

#include "fcclip/classify/vocabulary.h"
#include "fcclip/core/error.h"

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

std::array<uint8_t, 3> colour_of(const Json& value, size_t index) {
  std::array<uint8_t, 3> rgb{};
  bool good = value.is_array() && value.size() == rgb.size();
  for (size_t i = 0; good && i < rgb.size(); ++i) {
    good = value[i].is_number_integer() && value[i] >= 0 && value[i] <= 255;
    if (good) rgb[i] = value[i].get<uint8_t>();
  }
  if (!good) refuse(index, "expected \"color\" to be three numbers from 0 to 255");
  return rgb;
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
  entry.synonyms = names_of(row.value("name", Json()), index);
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
  if (colour != row.end() && !colour->is_null()) entry.colour_rgb = colour_of(*colour, index);
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

Json parsed(std::string_view text) {
  try {
    return Json::parse(text);  // skips a byte order mark, refuses what is not UTF-8
  } catch (const Json::exception& error) {
    std::string why = error.what();
    std::replace(why.begin(), why.end(), '\n', ' ');
    fail(ErrorCode::bad_format, "vocabulary: not JSON: ", why.substr(0, 200));
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
    const auto categories = document.find("categories");
    rows = categories != document.end() && categories->is_array() ? *categories
                                                                  : rows_of_lists(document);
  }
  if (!rows.is_array() || rows.empty()) {
    fail(ErrorCode::bad_format,
         "vocabulary: no classes; expected [{\"id\": 1, \"name\": \"mug,cup\", \"isthing\": 1}, "
         "...]");
  }
  for (size_t i = 0; i < rows.size(); ++i) vocabulary.classes.push_back(class_of(rows[i], i));
  settle_ids(rows, vocabulary.classes);
  return vocabulary;
}

}  // namespace fcclip::classify
