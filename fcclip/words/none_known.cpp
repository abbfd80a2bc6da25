#include "fcclip/words/none_known.h"

#include <algorithm>
#include <set>

#include "fcclip/classify/markings.h"
#include "fcclip/clip/tokenizer.h"
#include "fcclip/core/nearest_name.h"

namespace fcclip::words {

std::optional<NoneKnown> none_known(std::span<const classify::Vocabulary> questions,
                                    const std::vector<std::string>& known) {
  std::set<std::string> cleaned;
  for (const std::string& word : known) cleaned.insert(clip::clean_text(word));
  constexpr size_t kLookedUp = 50;
  NoneKnown none;
  for (const classify::Vocabulary& question : questions) {
    for (const std::string& word : classify::all_words(question)) {
      if (cleaned.contains(clip::clean_text(word))) return {};
      none.asked.push_back(word);
      if (none.asked.size() > kLookedUp) continue;
      const std::string name = nearest_name(word, known);
      const bool is_new = std::ranges::find(none.near, name) == none.near.end();
      if (!name.empty() && is_new) none.near.push_back(name);
    }
  }
  if (none.asked.empty()) return {};
  return none;
}

}  // namespace fcclip::words
