#include "fcclip/scenes/caption.h"

#include <algorithm>

namespace fcclip::scenes {
namespace {

/// Some captions describe without naming ("unlocked"): those help nobody.
bool says_its_name(const Seen& seen) {
  const auto has = [&](const std::string& word) {
    return seen.picture->caption.find(word) != std::string::npos;
  };
  const std::vector<std::string>& synonyms = seen.picture->synonyms;
  return has(seen.entry->name) || std::any_of(synonyms.begin(), synonyms.end(), has);
}

std::string words_for(Random& random, const Seen& seen) {
  if (random.chance(0.5) && says_its_name(seen)) return seen.picture->caption;
  const std::vector<std::string>& synonyms = seen.picture->synonyms;
  std::string name = seen.entry->name;
  if (!synonyms.empty() && random.chance(0.3)) {
    name = synonyms[random.below(static_cast<int64_t>(synonyms.size()))];
  }
  return seen.entry->is_thing ? with_article(name) : name;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (size_t k = 0; k < parts.size(); ++k) {
    if (k > 0) text += k + 1 == parts.size() ? " and " : ", ";
    text += parts[k];
  }
  return text;
}

}  // namespace

std::string with_article(const std::string& name) {
  const bool is_plural = name.size() > 3 && name.back() == 's' && name[name.size() - 2] != 's' &&
                         name[name.size() - 2] != 'u';
  if (is_plural || name.empty()) return name;
  const bool has_vowel = std::string("aeiouAEIOU").find(name.front()) != std::string::npos;
  return (has_vowel ? "an " : "a ") + name;
}

std::string caption_of(Random& random, std::vector<Seen> segments) {
  std::stable_sort(segments.begin(), segments.end(),
                   [](const Seen& a, const Seen& b) { return a.area_px > b.area_px; });
  const size_t most = 1 + random.below(3);
  std::vector<std::string> things, stuff;
  for (const Seen& seen : segments) {
    if (seen.entry->is_thing && things.size() < most) things.push_back(words_for(random, seen));
    if (!seen.entry->is_thing && stuff.size() < 2) stuff.push_back(words_for(random, seen));
  }
  if (things.empty()) return joined(stuff);
  std::string text = joined(things);
  if (!stuff.empty() && random.chance(0.8)) text += " on " + stuff.front();
  return text;
}

}  // namespace fcclip::scenes
