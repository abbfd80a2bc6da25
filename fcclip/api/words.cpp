#include "fcclip/api/words.h"

#include "fcclip/classify/builtin_vocabularies.h"
#include "fcclip/classify/markings.h"
#include "fcclip/core/boundary.h"

namespace fcclip {
inline namespace v1 {
namespace {

WordKind kind_of(const classify::VocabularyClass& entry) {
  if (entry.is_background) return WordKind::background;
  return entry.is_thing ? WordKind::thing : WordKind::stuff;
}

// Rows as the face's type, or as the classifier's.
template <typename To, typename From>
std::shared_ptr<const To> same_rows(const std::shared_ptr<const From>& rows) {
  if (!rows) return nullptr;
  return std::make_shared<To>(To{rows->in_vocabulary, rows->out_of_vocabulary, rows->model});
}

}  // namespace

Words words_of(const classify::Vocabulary& vocabulary) {
  Words words{vocabulary.name, {}};
  for (const classify::VocabularyClass& entry : vocabulary.classes) {
    words.classes.push_back({entry.synonyms, kind_of(entry), entry.id, entry.colour_rgb,
                             same_rows<ClassRows>(entry.rows)});
  }
  return words;
}

classify::Vocabulary vocabulary_of(const Words& words) {
  classify::Vocabulary vocabulary{words.name, {}};
  for (const WordClass& entry : words.classes) {
    if (entry.synonyms.empty()) {
      fail(ErrorCode::invalid_argument, "class ", vocabulary.classes.size() + 1,
           " of the words has no word");
    }
    classify::VocabularyClass& added = vocabulary.classes.emplace_back();
    added.id = entry.id != 0 ? entry.id : std::ssize(vocabulary.classes);
    added.synonyms = entry.synonyms;
    added.is_thing = entry.kind == WordKind::thing;
    added.is_background = entry.kind == WordKind::background;
    added.colour_rgb = entry.colour_rgb;
    added.rows = same_rows<classify::ClassRows>(entry.rows);
  }
  return vocabulary;
}

Words parse_words(std::string_view text, const WordMarks& marks) {
  return translating_errors([&] {
    return words_of(classify::parse_question(text, {marks.things, marks.stuff, marks.background}));
  });
}

Words marked_words(const Words& words, const WordMarks& marks) {
  return translating_errors([&] {
    std::vector<classify::Vocabulary> questions = {vocabulary_of(words)};
    classify::apply_markings(questions, {marks.things, marks.stuff, marks.background}, {});
    return words_of(questions.front());
  });
}

Words joined_words(const Words& a, const Words& b) {
  return translating_errors([&] {
    classify::Vocabulary both = classify::merge(vocabulary_of(a), vocabulary_of(b));
    classify::unite_repeated_words(both);
    return words_of(both);
  });
}

std::vector<std::string> builtin_words() {
  return translating_errors([] { return classify::builtin_vocabulary_names(); });
}

Words builtin_words(const std::string& name) {
  return translating_errors([&] { return words_of(classify::builtin_vocabulary(name)); });
}

}  // namespace v1
}  // namespace fcclip
