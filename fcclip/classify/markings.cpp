#include "fcclip/classify/markings.h"

#include <algorithm>
#include <set>

#include "fcclip/clip/tokenizer.h"
#include "fcclip/core/error.h"
#include "fcclip/core/nearest_name.h"
#include "fcclip/text/printable.h"

namespace fcclip::classify {
namespace {

struct Marking {
  std::string list, names;
  void (*mark)(VocabularyClass&);
  bool may_add;  ///< names that are not asked for are nothing odd
};

class Marker {
 public:
  Marker(const Marking& marking, const LogCallback& log) : marking_(marking), log_(log) {
    if (marking.names.empty()) return;
    named_ = parse_classes(marking.names);
    unite_with_warning(named_, marking.list, log);
  }

  void apply(Vocabulary& vocabulary) {
    const std::vector<std::string> known = all_words(vocabulary);
    for (const VocabularyClass& entry : named_.classes) {
      VocabularyClass* there = class_named(vocabulary, entry.synonyms);
      if (there == nullptr) {
        tell_added(entry.synonyms.front(), known);
        there = &add(vocabulary, entry);
      }
      marking_.mark(*there);
    }
  }

 private:
  void tell_added(const std::string& name, const std::vector<std::string>& known) {
    const std::string meant = did_you_mean(name, known);
    if (marking_.may_add && meant.empty()) return;
    const std::string warning = marking_.list + ": \"" + text::printable(name) +
                                "\" is not among the words asked for and was added as a class" +
                                meant;
    if (told_.insert(warning).second && log_) log_(LogLevel::warning, warning);
  }

  static VocabularyClass& add(Vocabulary& vocabulary, const VocabularyClass& entry) {
    int64_t highest = 0;
    for (const VocabularyClass& other : vocabulary.classes) highest = std::max(highest, other.id);
    vocabulary.classes.push_back(entry);
    vocabulary.classes.back().id = highest + 1;
    return vocabulary.classes.back();
  }

  const Marking& marking_;
  const LogCallback& log_;
  Vocabulary named_;
  std::set<std::string> told_;
};

}  // namespace

VocabularyClass* class_named(Vocabulary& vocabulary, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const std::string wanted = clip::clean_text(name);
    for (VocabularyClass& entry : vocabulary.classes) {
      const bool has = std::any_of(
          entry.synonyms.begin(), entry.synonyms.end(),
          [&](const std::string& synonym) { return clip::clean_text(synonym) == wanted; });
      if (has) return &entry;
    }
  }
  return nullptr;
}

std::vector<std::string> all_words(const Vocabulary& vocabulary) {
  std::vector<std::string> words;
  for (const VocabularyClass& entry : vocabulary.classes) {
    words.insert(words.end(), entry.synonyms.begin(), entry.synonyms.end());
  }
  return words;
}

void apply_markings(std::vector<Vocabulary>& questions, const Markings& markings,
                    const LogCallback& log) {
  const Marking all[] = {
      {"things", markings.things, [](VocabularyClass& entry) { entry.is_thing = true; }, false},
      {"stuff", markings.stuff, [](VocabularyClass& entry) { entry.is_thing = false; }, false},
      {"background", markings.background,
       [](VocabularyClass& entry) {
         entry.is_background = true;
         entry.is_thing = false;
       },
       true}};
  for (const Marking& marking : all) {
    Marker marker(marking, log);
    for (Vocabulary& question : questions) marker.apply(question);
  }
}

Vocabulary parse_question(std::string_view classes, const Markings& markings,
                          const LogCallback& log) {
  std::vector<Vocabulary> questions = {parse_classes(classes)};
  unite_with_warning(questions.front(), "classes", log);
  apply_markings(questions, markings, log);
  return std::move(questions.front());
}

void report_only(std::vector<Vocabulary>& questions, std::string_view names) {
  const std::vector<std::string> wanted = all_words(parse_classes(names));
  std::set<std::string> found;
  for (Vocabulary& question : questions) {
    for (VocabularyClass& entry : question.classes) {
      bool reported = false;
      for (const std::string& name : wanted) {
        const auto& words = entry.synonyms;
        if (std::find(words.begin(), words.end(), name) == words.end()) continue;
        reported = true;
        found.insert(name);
      }
      if (!reported) entry.is_background = true;
    }
  }
  for (const std::string& name : wanted) {
    if (found.contains(name)) continue;
    fail(ErrorCode::invalid_argument, "'", text::printable(name),
         "' is none of the words asked for");
  }
}

}  // namespace fcclip::classify
