// The words that pictures are asked for.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <set>

#include "apps/segment_options.h"
#include "fcclip/classify/builtin_vocabularies.h"
#include "fcclip/clip/tokenizer.h"
#include "fcclip/core/error.h"
#include "fcclip/core/nearest_name.h"
#include "fcclip/words/decode_text.h"
#include "fcclip/words/load_vocabulary.h"

namespace fcclip::apps {
namespace {

using classify::Vocabulary;
using classify::VocabularyClass;

void warn_of_words(LogLevel level, const std::string& message) {
  if (level == LogLevel::warning) std::cerr << "fcclip: warning: " << message << '\n';
}

std::string in_quotes(const std::string& word) {
  return "\"" + word + "\"";
}

std::vector<std::string> all_words(const Vocabulary& vocabulary) {
  std::vector<std::string> words;
  for (const VocabularyClass& entry : vocabulary.classes) {
    words.insert(words.end(), entry.synonyms.begin(), entry.synonyms.end());
  }
  return words;
}

/// What was given to --classes but is probably something else.
void hint_at_classes(const std::string& text, const Vocabulary& vocabulary) {
  std::error_code ignored;
  for (const std::string& word : all_words(vocabulary)) {
    if (std::filesystem::is_regular_file(word, ignored)) {
      warn_of_words(LogLevel::warning, "--classes: " + in_quotes(word) +
                                           " is a file, asked for as a word; the words in it are "
                                           "asked for with -v " +
                                           word);
    } else if (classify::is_builtin_vocabulary(word)) {
      warn_of_words(LogLevel::warning, "--classes: " + in_quotes(word) +
                                           " is asked for as a word; the built-in vocabulary of "
                                           "that name is -v " +
                                           word);
    }
  }
  const size_t sign = text.find_first_of(";\n\t");
  if (sign != std::string::npos && text.find(',') == std::string::npos) {
    warn_of_words(LogLevel::warning,
                  "--classes: " + in_quotes(vocabulary.classes.front().synonyms.front()) +
                      " is one class; several are separated by commas");
  }
}

Vocabulary question_of(const QuestionFlag& asked) {
  if (asked.is_vocabulary) return words::load_question(asked.text, warn_of_words);
  Vocabulary vocabulary = classify::parse_classes(asked.text);
  hint_at_classes(asked.text, vocabulary);
  words::unite_with_warning(vocabulary, "--classes", warn_of_words);
  return vocabulary;
}

/// The class one of whose words is one of `names`, as CLIP sees them.
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

/// --things, --stuff or --background.
struct Marking {
  std::string option, names;
  void (*mark)(VocabularyClass&);
  bool may_add;  ///< names that are not asked for are nothing odd
};

std::string added_warning(const Marking& marking, const std::string& name,
                          const std::vector<std::string>& known) {
  const std::string meant = did_you_mean(name, known);
  if (marking.may_add && meant.empty()) return "";
  return marking.option + ": " + in_quotes(name) +
         " is not among the words asked for and was added as a class" + meant;
}

void apply_marking(Vocabulary& vocabulary, const Marking& marking, std::set<std::string>& told) {
  if (marking.names.empty()) return;
  Vocabulary named = classify::parse_classes(marking.names);
  words::unite_with_warning(named, marking.option, told.empty() ? warn_of_words : LogCallback());
  const std::vector<std::string> known = all_words(vocabulary);
  for (VocabularyClass& entry : named.classes) {
    VocabularyClass* there = class_named(vocabulary, entry.synonyms);
    if (there == nullptr) {
      const std::string warning = added_warning(marking, entry.synonyms.front(), known);
      if (!warning.empty() && told.insert(warning).second) {
        warn_of_words(LogLevel::warning, warning);
      }
      int64_t highest = 0;
      for (const VocabularyClass& other : vocabulary.classes) highest = std::max(highest, other.id);
      entry.id = highest + 1;
      vocabulary.classes.push_back(entry);
      there = &vocabulary.classes.back();
    }
    marking.mark(*there);
  }
}

void apply_markings(std::vector<Vocabulary>& questions, const WordFlags& flags) {
  const Marking markings[] = {
      {"--things", flags.things, [](VocabularyClass& entry) { entry.is_thing = true; }, false},
      {"--stuff", flags.stuff, [](VocabularyClass& entry) { entry.is_thing = false; }, false},
      {"--background", flags.background,
       [](VocabularyClass& entry) {
         entry.is_background = true;
         entry.is_thing = false;
       },
       true}};
  for (const Marking& marking : markings) {
    std::set<std::string> told;
    for (Vocabulary& question : questions) {
      apply_marking(question, marking, told);
      told.insert("");  // repeated words are told for the first question
    }
  }
}

/// Words the model has met: those it was trained on, and the world's, which its CLIP has seen.
std::vector<std::string> words_of_bundled_model(const model::Config& model) {
  std::vector<std::string> known = all_words(model.training_vocabulary);
  for (const std::string& word : all_words(classify::builtin_vocabulary("world"))) {
    known.push_back(word);
  }
  return known;
}

}  // namespace

std::vector<Vocabulary> load_questions(const WordFlags& flags, const model::Config& model) {
  std::vector<Vocabulary> questions;
  for (const QuestionFlag& asked : flags.questions) questions.push_back(question_of(asked));
  if (questions.empty()) {
    questions.push_back(model.training_vocabulary.classes.empty()
                            ? classify::builtin_vocabulary("coco")
                            : model.training_vocabulary);
  }
  apply_markings(questions, flags);
  return questions;
}

std::string bundled_model_notice(const model::Config& model,
                                 const std::vector<Vocabulary>& questions) {
  std::string notice =
      "fcclip: no model was named, so the bundled one answers: it was trained on " +
      std::to_string(model.training_vocabulary.classes.size()) +
      " names (fcclip classes world) in composed scenes, not on photographs; for those get "
      "FC-CLIP's "
      "published weights (github.com/bytedance/fc-clip), fcclip convert them and name them with "
      "--model\n";
  const std::vector<std::string> known = words_of_bundled_model(model);
  std::set<std::string> cleaned;
  for (const std::string& word : known) cleaned.insert(clip::clean_text(word));
  constexpr size_t kLookedUp = 50;
  std::vector<std::string> asked, near;
  for (const Vocabulary& question : questions) {
    for (const std::string& word : all_words(question)) {
      if (cleaned.contains(clip::clean_text(word))) return notice;
      asked.push_back(word);
      if (asked.size() > kLookedUp) continue;
      const std::string name = nearest_name(word, known);
      if (!name.empty() && std::find(near.begin(), near.end(), name) == near.end()) {
        near.push_back(name);
      }
    }
  }
  if (asked.empty()) return notice;
  constexpr size_t kShown = 5;
  notice += "fcclip: it knows none of these words: ";
  for (size_t i = 0; i < std::min(kShown, asked.size()); ++i) {
    notice += (i == 0 ? "" : ", ") + asked[i];
  }
  if (asked.size() > kShown) notice += ", …";
  for (size_t i = 0; i < std::min(kShown, near.size()); ++i) {
    notice += (i == 0 ? "; nearest that it knows: " : ", ") + near[i];
  }
  return notice + "\n";
}

std::vector<std::string> load_templates(const WordFlags& flags) {
  std::vector<std::string> templates;
  if (flags.templates.empty()) return templates;
  std::istringstream lines(words::read_text_file(flags.templates));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    if (line.find("{}") == std::string::npos) {
      fail(ErrorCode::invalid_argument, flags.templates, ": template '", line,
           "' has no {} where the name goes");
    }
    templates.push_back(line);
  }
  if (templates.empty()) fail(ErrorCode::invalid_argument, flags.templates, ": no templates in it");
  return templates;
}

}  // namespace fcclip::apps
