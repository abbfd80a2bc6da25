#include "fcclip/classify/builtin_vocabularies.h"

#include <algorithm>
#include <iterator>

#include "fcclip/core/error.h"
#include "fcclip/core/listed.h"
#include "fcclip/text/printable.h"

// One line per file of data/vocabularies: name, then aliases.
#define FCCLIP_VOCABULARIES(X)                                \
  X(ade20k_150, "ade20k", "ade", "a150")                      \
  X(ade20k_847, "ade20k_full", "a847")                        \
  X(cityscapes_19, "cityscapes")                              \
  X(coco_panoptic_133, "coco", "coco_panoptic")               \
  X(coco_stuff_164k, "coco_stuff")                            \
  X(lvis_1203, "lvis", "lvis_instance")                       \
  X(mapillary_vistas_65, "mapillary", "mapillary_vistas")     \
  X(pascal_context_459, "pc459", "context459")                \
  X(pascal_context_59, "pc59", "context59", "pascal_context") \
  X(pascal_voc_20, "voc20", "pascal20", "voc")                \
  X(pascal_voc_21, "voc21", "pascal21")                       \
  X(world_381, "world")

#define FCCLIP_DECLARE(name, ...) \
  extern const char fcclip_embedded_##name##_json_begin[], fcclip_embedded_##name##_json_end[];
extern "C" {
FCCLIP_VOCABULARIES(FCCLIP_DECLARE)
}
#undef FCCLIP_DECLARE

namespace fcclip::classify {
namespace {

std::string normalised(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    if (c == '-') c = '_';
  }
  return out;
}

/// A table's own name and what is embedded of it.
struct Table {
  BuiltinVocabulary facts;
  const char *begin, *end;
};

/// The things of a table, as the data set's instance evaluation has them.
struct ThingTable {
  const char *name, *of;
  std::vector<std::string> aliases;
};

const std::vector<Table>& tables() {
#define FCCLIP_TABLE(name, ...)         \
  {{#name, {__VA_ARGS__}, ""},          \
   fcclip_embedded_##name##_json_begin, \
   fcclip_embedded_##name##_json_end},
  static const std::vector<Table> all = [] {
    std::vector<Table> made = {FCCLIP_VOCABULARIES(FCCLIP_TABLE)};
    const ThingTable kThings[] = {{"ade20k_instance", "ade20k_150", {"ade20k_things"}},
                                  {"cityscapes_instance", "cityscapes_19", {"cityscapes_things"}},
                                  {"coco_instance", "coco_panoptic_133", {"coco_things", "coco80"}},
                                  {"mapillary_instance",
                                   "mapillary_vistas_65",
                                   {"mapillary_vistas_instance", "mapillary_things"}}};
    for (const ThingTable& one : kThings) {
      Table table = *std::ranges::find(made, one.of, [](const Table& t) { return t.facts.name; });
      table.facts = {one.name, one.aliases, one.of};
      made.push_back(std::move(table));
    }
    std::ranges::sort(made, {}, [](const Table& table) { return table.facts.name; });
    return made;
  }();
#undef FCCLIP_TABLE
  return all;
}

/// nullptr where there is none.
const Table* find(std::string_view name) {
  const std::string wanted = normalised(name);
  for (const Table& table : tables()) {
    const std::vector<std::string>& aliases = table.facts.aliases;
    if (table.facts.name == wanted || std::ranges::find(aliases, wanted) != aliases.end())
      return &table;
  }
  return nullptr;
}

bool names_no_class(const VocabularyClass& entry) {
  static constexpr std::string_view kNone[] = {"background", "unlabeled", "void", "other"};
  return std::ranges::find(kNone, entry.synonyms.front()) != std::end(kNone);
}

// Things first: a name that several tables have keeps what the first says.
Vocabulary everything() {
  Vocabulary all{std::string(kEverything), {}};
  for (const BuiltinVocabulary& one : builtin_vocabularies()) {
    if (!one.things_of.empty()) continue;
    Vocabulary part = builtin_vocabulary(one.name);
    std::erase_if(part.classes, names_no_class);
    std::ranges::move(part.classes, std::back_inserter(all.classes));
  }
  std::stable_partition(all.classes.begin(), all.classes.end(),
                        [](const VocabularyClass& entry) { return entry.is_thing; });
  unite_repeated_words(all);
  for (size_t i = 0; i < all.classes.size(); ++i) all.classes[i].id = static_cast<int64_t>(i) + 1;
  return all;
}

}  // namespace

const std::vector<BuiltinVocabulary>& builtin_vocabularies() {
  static const std::vector<BuiltinVocabulary> all = [] {
    std::vector<BuiltinVocabulary> facts;
    for (const Table& table : tables()) facts.push_back(table.facts);
    return facts;
  }();
  return all;
}

const std::vector<std::string>& builtin_vocabulary_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> out;
    for (const BuiltinVocabulary& entry : builtin_vocabularies()) out.push_back(entry.name);
    return out;
  }();
  return names;
}

bool is_builtin_vocabulary(std::string_view name) {
  return normalised(name) == kEverything || find(name) != nullptr;
}

std::string_view builtin_vocabulary_json(std::string_view name) {
  const Table* table = find(name);
  if (table == nullptr) {
    fail(ErrorCode::not_found, "no built-in vocabulary \"", text::printable(name), "\"; there are ",
         listed(builtin_vocabulary_names()));
  }
  return {table->begin, static_cast<size_t>(table->end - table->begin)};
}

Vocabulary builtin_vocabulary(std::string_view name) {
  if (normalised(name) == kEverything) {
    static const Vocabulary all = everything();
    return all;
  }
  Vocabulary vocabulary = parse_vocabulary_json(builtin_vocabulary_json(name));
  const BuiltinVocabulary& facts = find(name)->facts;
  if (!facts.things_of.empty()) {
    vocabulary.name = facts.name;
    std::erase_if(vocabulary.classes, [](const VocabularyClass& entry) { return !entry.is_thing; });
  }
  return vocabulary;
}

}  // namespace fcclip::classify
