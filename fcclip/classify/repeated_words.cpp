// One word, one place in a vocabulary.
#include <algorithm>
#include <map>
#include <unordered_map>

#include "fcclip/classify/markings.h"
#include "fcclip/classify/vocabulary.h"
#include "fcclip/clip/tokenizer.h"
#include "fcclip/text/printable.h"

namespace fcclip::classify {
namespace {

/// The index of the class that a word names, by what CLIP sees of it.
using NamedClasses = std::unordered_map<std::string, size_t>;

std::string in_quotes(const std::string& word) {
  return "\"" + text::printable(word) + "\"";
}

std::string both_forms(const std::string& kept, const std::string& dropped) {
  return kept == dropped ? in_quotes(kept) : in_quotes(kept) + " and " + in_quotes(dropped);
}

/// Moves the synonyms of later classes of a name to the first of it.
std::vector<VocabularyClass> unite_names(std::vector<VocabularyClass> classes, NamedClasses& named,
                                         std::vector<std::string>& notes) {
  std::vector<VocabularyClass> out;
  std::map<size_t, int64_t> repeats;
  for (VocabularyClass& entry : classes) {
    const auto [place, is_new] =
        named.emplace(clip::clean_text(entry.synonyms.front()), out.size());
    if (is_new) {
      out.push_back(std::move(entry));
      continue;
    }
    VocabularyClass& first = out[place->second];
    if (++repeats[place->second] == 1) {
      std::string note = both_forms(first.synonyms.front(), entry.synonyms.front());
      note += first.synonyms.front() == entry.synonyms.front() ? " names several classes"
                                                               : " are the same word to CLIP";
      if (first.is_thing != entry.is_thing) {
        note += first.is_thing ? ", a thing and stuff; taken as a thing"
                               : ", stuff and a thing; taken as stuff";
      }
      notes.push_back(note + "; counted once");
    }
    if (!first.rows) first.rows = entry.rows;
    first.synonyms.insert(first.synonyms.end(), entry.synonyms.begin() + 1, entry.synonyms.end());
  }
  return out;
}

/// Where synonyms that are no names belong: to the first class that has them.
void settle_synonyms(std::vector<VocabularyClass>& classes, const NamedClasses& named,
                     std::vector<std::string>& notes) {
  std::unordered_map<std::string, size_t> owners = named;
  for (size_t k = 0; k < classes.size(); ++k) {
    std::vector<std::string> kept = {classes[k].synonyms.front()};
    for (size_t s = 1; s < classes[k].synonyms.size(); ++s) {
      std::string& synonym = classes[k].synonyms[s];
      const auto [owner, is_new] = owners.emplace(clip::clean_text(synonym), k);
      if (is_new) {
        kept.push_back(std::move(synonym));
      } else if (owner->second == k) {
        notes.push_back(in_quotes(synonym) + " is twice among the words of " +
                        in_quotes(kept.front()) + "; counted once");
      } else {
        notes.push_back(in_quotes(synonym) + " belongs to two classes; counted for " +
                        in_quotes(classes[owner->second].synonyms.front()) + ", not for " +
                        in_quotes(kept.front()));
      }
    }
    classes[k].synonyms = std::move(kept);
  }
}

}  // namespace

std::vector<std::string> unite_repeated_words(Vocabulary& vocabulary) {
  std::vector<std::string> notes;
  NamedClasses named;
  vocabulary.classes = unite_names(std::move(vocabulary.classes), named, notes);
  settle_synonyms(vocabulary.classes, named, notes);
  return notes;
}

void unite_with_warning(Vocabulary& vocabulary, const std::string& about, const LogCallback& log) {
  const std::vector<std::string> notes = unite_repeated_words(vocabulary);
  if (notes.empty() || !log) return;
  constexpr size_t kShown = 3;
  std::string line = about;
  for (size_t i = 0; i < std::min(notes.size(), kShown); ++i) {
    line += (i == 0 ? ": " : "; ") + notes[i];
  }
  if (notes.size() > kShown) {
    line += "; and " + std::to_string(notes.size() - kShown) + " more repeated words";
  }
  log(LogLevel::warning, line);
}

}  // namespace fcclip::classify
