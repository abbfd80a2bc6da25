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
  X(lvis_1203, "lvis")                                        \
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

struct DataFile {
  const char *begin, *end;
};

const std::vector<DataFile>& data_files() {
#define FCCLIP_FILE(name, ...) \
  {fcclip_embedded_##name##_json_begin, fcclip_embedded_##name##_json_end},
  static const std::vector<DataFile> files = {FCCLIP_VOCABULARIES(FCCLIP_FILE)};
#undef FCCLIP_FILE
  return files;
}

/// Index in the table, or its size.
size_t find(std::string_view name) {
  const std::string wanted = normalised(name);
  const auto& all = builtin_vocabularies();
  const auto found = std::find_if(all.begin(), all.end(), [&](const BuiltinVocabulary& entry) {
    return entry.name == wanted ||
           std::find(entry.aliases.begin(), entry.aliases.end(), wanted) != entry.aliases.end();
  });
  return static_cast<size_t>(found - all.begin());
}

bool names_no_class(const VocabularyClass& entry) {
  static constexpr std::string_view kNone[] = {"background", "unlabeled", "void", "other"};
  return std::ranges::find(kNone, entry.synonyms.front()) != std::end(kNone);
}

// Things first: a name that several tables have keeps what the first says.
Vocabulary everything() {
  Vocabulary all{std::string(kEverything), {}};
  for (const BuiltinVocabulary& one : builtin_vocabularies()) {
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
#define FCCLIP_ENTRY(name, ...) {#name, {__VA_ARGS__}},
  static const std::vector<BuiltinVocabulary> all = {FCCLIP_VOCABULARIES(FCCLIP_ENTRY)};
#undef FCCLIP_ENTRY
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
  return normalised(name) == kEverything || find(name) < builtin_vocabularies().size();
}

std::string_view builtin_vocabulary_json(std::string_view name) {
  const size_t index = find(name);
  if (index == builtin_vocabularies().size()) {
    fail(ErrorCode::not_found, "no built-in vocabulary \"", text::printable(name), "\"; there are ",
         listed(builtin_vocabulary_names()));
  }
  const DataFile& file = data_files()[index];
  return {file.begin, static_cast<size_t>(file.end - file.begin)};
}

Vocabulary builtin_vocabulary(std::string_view name) {
  if (normalised(name) == kEverything) {
    static const Vocabulary all = everything();
    return all;
  }
  return parse_vocabulary_json(builtin_vocabulary_json(name));
}

}  // namespace fcclip::classify
