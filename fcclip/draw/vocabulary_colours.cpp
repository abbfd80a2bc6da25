#include "fcclip/draw/vocabulary_colours.h"

#include <algorithm>
#include <map>
#include <optional>

#include "fcclip/classify/builtin_vocabularies.h"
#include "fcclip/core/error.h"
#include "fcclip/core/listed.h"
#include "fcclip/core/nearest_name.h"
#include "fcclip/core/plain_text.h"

namespace fcclip::draw {
namespace {

constexpr std::string_view kSpread = "spread";

std::vector<Colour> spread_colours(const classify::Vocabulary& vocabulary) {
  std::vector<std::string> names;
  for (const classify::VocabularyClass& entry : vocabulary.classes)
    names.push_back(entry.synonyms.front());
  return class_colours(names);
}

bool has_colours(const std::string& name) {
  const auto& classes = classify::builtin_vocabulary(name).classes;
  return std::ranges::any_of(classes,
                             [](const auto& entry) { return entry.colour_rgb.has_value(); });
}

/// Every word of a data set's classes, the first class that has it.
std::map<std::string, Colour> colours_of_words(const std::string& palette) {
  std::map<std::string, Colour> words;
  const classify::Vocabulary table = classify::builtin_vocabulary(palette);
  // First names first: a synonym of one class is no reason to hide the name of another.
  for (const bool first : {true, false}) {
    for (const classify::VocabularyClass& entry : table.classes) {
      if (!entry.colour_rgb) continue;
      for (size_t i = first ? 0 : 1; i < (first ? 1 : entry.synonyms.size()); ++i)
        words.try_emplace(lower_ascii(entry.synonyms[i]), *entry.colour_rgb);
    }
  }
  return words;
}

std::optional<Colour> colour_of(const classify::VocabularyClass& entry,
                                const std::map<std::string, Colour>& words) {
  for (const std::string& synonym : entry.synonyms) {
    if (const auto found = words.find(lower_ascii(synonym)); found != words.end())
      return found->second;
  }
  return std::nullopt;
}

}  // namespace

std::vector<Colour> vocabulary_colours(const classify::Vocabulary& vocabulary) {
  std::vector<Colour> colours = spread_colours(vocabulary);
  for (size_t i = 0; i < colours.size(); ++i) {
    if (vocabulary.classes[i].colour_rgb) colours[i] = *vocabulary.classes[i].colour_rgb;
  }
  return colours;
}

std::vector<Colour> palette_colours(const classify::Vocabulary& vocabulary,
                                    const std::string& palette) {
  check_palette(palette, "the palette");
  std::vector<Colour> colours = spread_colours(vocabulary);
  if (palette == kSpread) return colours;
  const std::map<std::string, Colour> words = colours_of_words(palette);
  std::map<Colour, int64_t> given;
  for (size_t i = 0; i < colours.size(); ++i) {
    const std::optional<Colour> colour = colour_of(vocabulary.classes[i], words);
    if (colour) colours[i] = variation(*colour, given[*colour]++);
  }
  return colours;
}

const std::vector<std::string>& palette_names() {
  // Written out: every start of the program shows them, and finding them is reading all tables.
  static const std::vector<std::string> names = {
      std::string(kSpread), "ade20k", "ade20k_full", "cityscapes", "coco", "coco_stuff",
      "mapillary",          "pc459",  "pc59",        "voc20",      "voc21"};
  return names;
}

void check_palette(const std::string& palette, const std::string& option) {
  const bool table = palette != classify::kEverything && classify::is_builtin_vocabulary(palette) &&
                     has_colours(palette);
  if (palette == kSpread || table) return;
  fail(ErrorCode::invalid_argument, option, " '", palette, "'",
       did_you_mean(palette, palette_names()), ": expected one of ", listed(palette_names()));
}

}  // namespace fcclip::draw
