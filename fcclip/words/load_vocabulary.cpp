#include "fcclip/words/load_vocabulary.h"

#include <filesystem>

#include "fcclip/classify/builtin_vocabularies.h"
#include "fcclip/classify/markings.h"
#include "fcclip/core/error.h"
#include "fcclip/core/listed.h"
#include "fcclip/core/nearest_name.h"
#include "fcclip/text/printable.h"
#include "fcclip/words/decode_text.h"
#include "fcclip/words/row_file.h"
#include "fcclip/words/word_file.h"

namespace fcclip::words {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLongestPath = 4096;

classify::Vocabulary read_vocabulary(const fs::path& path, const LogCallback& log) {
  if (is_row_file(path)) {
    classify::Vocabulary vocabulary = load_row_file(path);
    if (vocabulary.name.empty()) vocabulary.name = path.stem().string();
    return vocabulary;
  }
  const std::string text = read_text_file(path);
  const LogCallback about_file = [&](LogLevel level, const std::string& message) {
    if (log) log(level, path.string() + ": " + message);
  };
  try {
    classify::Vocabulary vocabulary = parse_word_file(text, about_file);
    if (vocabulary.name.empty()) vocabulary.name = path.stem().string();
    return vocabulary;
  } catch (const Error& error) {
    fail(error.code(), text::printable(path.string(), kLongestPath), ": ", error.what());
  }
}

// A path or file name that is not there; another word can only be meant as a name.
[[noreturn]] void not_found(const std::string& spec) {
  if (spec.find_first_of("/.") != std::string::npos) {
    fail(ErrorCode::not_found, text::printable(spec, kLongestPath), ": no such vocabulary file");
  }
  std::vector<std::string> all;
  for (const classify::BuiltinVocabulary& entry : classify::builtin_vocabularies()) {
    all.push_back(entry.name);
    all.insert(all.end(), entry.aliases.begin(), entry.aliases.end());
  }
  fail(ErrorCode::invalid_argument, "no vocabulary \"", text::printable(spec), "\"",
       did_you_mean(spec, all), ": neither a file nor one of ",
       listed(classify::builtin_vocabularies(),
              [](const classify::BuiltinVocabulary& one) { return one.aliases.front(); }),
       "; single words go to --classes");
}

}  // namespace

classify::Vocabulary load_vocabulary(const std::string& spec, const LogCallback& log) {
  if (classify::is_builtin_vocabulary(spec)) return classify::builtin_vocabulary(spec);
  std::error_code ignored;
  if (fs::exists(spec, ignored)) return read_vocabulary(spec, log);
  const size_t plus = spec.rfind('+');
  if (plus == std::string::npos || plus == 0 || plus + 1 == spec.size()) not_found(spec);
  return classify::merge(load_vocabulary(spec.substr(0, plus), log),
                         load_vocabulary(spec.substr(plus + 1), log));
}

classify::Vocabulary load_question(const std::string& spec, const LogCallback& log) {
  classify::Vocabulary vocabulary = load_vocabulary(spec, log);
  if (!classify::is_builtin_vocabulary(spec)) classify::unite_with_warning(vocabulary, spec, log);
  return vocabulary;
}

}  // namespace fcclip::words
