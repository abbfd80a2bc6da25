// The words that pictures are asked for.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <span>

#include "apps/segment_options.h"
#include "fcclip/classify/builtin_vocabularies.h"
#include "fcclip/classify/markings.h"
#include "fcclip/core/error.h"
#include "fcclip/core/listed.h"
#include "fcclip/words/load_vocabulary.h"
#include "fcclip/words/none_known.h"

namespace fcclip::apps {
namespace {

using classify::all_words;
using classify::Vocabulary;
using classify::VocabularyClass;

void report_only(std::vector<Vocabulary>& questions, const std::string& names) {
  try {
    classify::report_only(questions, names);
  } catch (const Error& error) {
    fail(error.code(), "--only: ", error.what());
  }
}

void warn_of_words(LogLevel level, const std::string& message) {
  if (level == LogLevel::warning) std::cerr << "fcclip: warning: " << message << '\n';
}

std::string in_quotes(const std::string& word) {
  return "\"" + word + "\"";
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
  classify::unite_with_warning(vocabulary, "--classes", warn_of_words);
  return vocabulary;
}

/// "a, b, c" and `rest` where more than `most` are there.
std::string first_of(const std::vector<std::string>& words, size_t most, const std::string& rest) {
  const std::string text = listed(std::span(words).first(std::min(most, words.size())));
  return words.size() > most ? text + rest : text;
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
  // The library names the lists, people the options.
  const auto warn = [](LogLevel level, const std::string& message) {
    warn_of_words(level, "--" + message);
  };
  classify::apply_markings(questions, flags.markings, warn);
  if (!flags.only.empty()) report_only(questions, flags.only);
  return questions;
}

void tell_bundled_model(const ModelFlags& flags, const model::Config& model,
                        const std::vector<Vocabulary>& questions) {
  if (flags.model.empty() && !has_model_variable()) {
    std::cerr << "fcclip: no model was named, so the bundled one answers: it was trained on "
              << model.training_vocabulary.classes.size()
              << " names (fcclip classes world) in composed scenes, not on photographs; for those "
                 "get FC-CLIP's published weights (github.com/bytedance/fc-clip), fcclip convert "
                 "them and name them with --model\n";
  } else if (!is_bundled_model(find_model(flags.model))) {
    return;
  }
  const auto none = words::none_known(questions, words_of_bundled_model(model));
  if (!none) return;
  constexpr size_t kShown = 5;
  std::cerr << "fcclip: "
            << (flags.model.empty() && !has_model_variable() ? "it" : "the bundled model")
            << " knows none of these words: " << first_of(none->asked, kShown, ", …");
  if (!none->near.empty()) {
    std::cerr << "; nearest that it knows: " << first_of(none->near, kShown, "");
  }
  std::cerr << '\n';
}

}  // namespace fcclip::apps
