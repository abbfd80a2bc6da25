#include "fcclip/classify/vocabulary_text.h"

#include <iomanip>
#include <sstream>

#include <nlohmann/json.hpp>

#include "fcclip/core/listed.h"

namespace fcclip::classify {

std::string vocabulary_text(const Vocabulary& vocabulary, const std::vector<bool>& seen) {
  std::ostringstream text;
  for (size_t k = 0; k < vocabulary.classes.size(); ++k) {
    const VocabularyClass& entry = vocabulary.classes[k];
    text << std::right << std::setw(6) << entry.id << (entry.is_thing ? "  thing  " : "  stuff  ");
    if (!seen.empty()) text << (seen[k] ? "seen    " : "unseen  ");
    text << listed(entry.synonyms, {}, " | ") << '\n';
  }
  return text.str();
}

std::string vocabulary_json(const Vocabulary& vocabulary, const std::vector<bool>& seen) {
  using Json = nlohmann::ordered_json;
  Json rows = Json::array();
  for (size_t k = 0; k < vocabulary.classes.size(); ++k) {
    const VocabularyClass& entry = vocabulary.classes[k];
    Json row = {{"id", entry.id},
                {"name", listed(entry.synonyms, {}, ",")},
                {"isthing", entry.is_thing ? 1 : 0}};
    if (!seen.empty()) row["seen"] = seen[k] ? 1 : 0;
    if (entry.colour_rgb) row["color"] = *entry.colour_rgb;
    rows.push_back(std::move(row));
  }
  return Json{{"name", vocabulary.name}, {"categories", std::move(rows)}}.dump(1);
}

}  // namespace fcclip::classify
