#include "fcclip/pretrain/captions.h"

#include <map>

#include "fcclip/classify/fill_template.h"

namespace fcclip::pretrain {

std::string draw_name(const Subject& subject, const CaptionOptions& options, Random& random) {
  if (subject.synonyms.empty() || !random.chance(options.synonym_share)) return subject.name;
  return subject.synonyms[random.below(std::ssize(subject.synonyms))];
}

std::string draw_caption(const std::string& name, const CaptionOptions& options, Random& random) {
  return classify::fill_template(options.templates[random.below(std::ssize(options.templates))],
                                 name);
}

std::vector<std::string> all_texts(const std::vector<Subject>& subjects,
                                   const CaptionOptions& options) {
  std::vector<std::string> texts;
  for (const Subject& subject : subjects) {
    // A name as often as there are templates: it will be met in all of them.
    for (const std::string& pattern : options.templates) {
      texts.push_back(classify::fill_template(pattern, subject.name));
    }
    texts.insert(texts.end(), subject.synonyms.begin(), subject.synonyms.end());
    texts.insert(texts.end(), subject.broader.begin(), subject.broader.end());
  }
  return texts;
}

NameTable::NameTable(const std::vector<Subject>& subjects) : true_names_(subjects.size()) {
  std::map<std::string, int64_t> ids;
  for (const Subject& subject : subjects) {
    ids.try_emplace(subject.name, std::ssize(names_));
    names_.push_back(subject.name);
  }
  for (size_t i = 0; i < subjects.size(); ++i) {
    true_names_[i] = {static_cast<int64_t>(i)};
    for (const std::string& term : subjects[i].broader) {
      const auto [found, fresh] = ids.try_emplace(term, std::ssize(names_));
      if (fresh) names_.push_back(term);
      true_names_[i].push_back(found->second);
    }
  }
}

}  // namespace fcclip::pretrain
