#include "fcclip/classify/load_vocabulary.h"

#include <filesystem>

#include "fcclip/classify/builtin_vocabularies.h"
#include "fcclip/core/error.h"
#include "fcclip/core/nearest_name.h"
#include "fcclip/io/atomic_file.h"

namespace fcclip::classify {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLargestFile = size_t{1} << 28;

/// JSON begins with '{', or with '[' and then an object or a text; "[things]" does not.
bool is_json(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n\xEF\xBB\xBF";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos || text[first] == '{') return first != std::string_view::npos;
  const size_t second = text.find_first_not_of(kBlank, first + 1);
  return text[first] == '[' && second != std::string_view::npos &&
         (text[second] == '{' || text[second] == '"' || text[second] == ']');
}

Vocabulary read_vocabulary(const fs::path& path) {
  const std::string text = io::read_file(path, kLargestFile);
  try {
    Vocabulary vocabulary =
        is_json(text) ? parse_vocabulary_json(text) : parse_vocabulary_text(text);
    if (vocabulary.name.empty()) vocabulary.name = path.stem().string();
    return vocabulary;
  } catch (const Error& error) {
    fail(error.code(), path.string(), ": ", error.what());
  }
}

// A path or file name that is not there; another word can only be meant as a name.
[[noreturn]] void not_found(const std::string& spec) {
  if (spec.find_first_of("/.") != std::string::npos) {
    fail(ErrorCode::not_found, spec, ": no such vocabulary file");
  }
  std::string names;
  std::vector<std::string> known;
  for (const BuiltinVocabulary& entry : builtin_vocabularies()) {
    names += (names.empty() ? "" : ", ") + entry.aliases.front();
    known.push_back(entry.name);
    known.insert(known.end(), entry.aliases.begin(), entry.aliases.end());
  }
  fail(ErrorCode::invalid_argument, "no vocabulary \"", spec, "\"", did_you_mean(spec, known),
       ": neither a file nor one of ", names, "; single words go to --classes");
}

}  // namespace

Vocabulary load_vocabulary(const std::string& spec) {
  if (is_builtin_vocabulary(spec)) return builtin_vocabulary(spec);
  std::error_code ignored;
  if (fs::exists(spec, ignored)) return read_vocabulary(spec);
  const size_t plus = spec.rfind('+');
  if (plus == std::string::npos || plus == 0 || plus + 1 == spec.size()) not_found(spec);
  return merge(load_vocabulary(spec.substr(0, plus)), load_vocabulary(spec.substr(plus + 1)));
}

}  // namespace fcclip::classify
