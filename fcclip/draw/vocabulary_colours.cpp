#include "fcclip/draw/vocabulary_colours.h"

namespace fcclip::draw {

std::vector<Colour> vocabulary_colours(const classify::Vocabulary& vocabulary) {
  std::vector<std::string> names;
  for (const classify::VocabularyClass& entry : vocabulary.classes)
    names.push_back(entry.synonyms.front());
  std::vector<Colour> colours = class_colours(names);
  for (size_t i = 0; i < names.size(); ++i) {
    if (vocabulary.classes[i].colour_rgb) colours[i] = *vocabulary.classes[i].colour_rgb;
  }
  return colours;
}

}  // namespace fcclip::draw
