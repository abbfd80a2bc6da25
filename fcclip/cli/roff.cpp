#include "fcclip/cli/roff.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <sstream>

#include "fcclip/text/unicode_text.h"

namespace fcclip::cli {
namespace {

constexpr size_t kCommandColumns = 72, kSourceColumns = 78;

std::string roff_character(char32_t c) {
  switch (c) {
    case '\\':
      return "\\e";
    case '-':
      return "\\-";
    case '\'':
      return "\\(aq";
    case '`':
      return "\\(ga";
    case '^':
      return "\\(ha";
    case '~':
      return "\\(ti";
    case 0x2026:
      return "...";  // which not every terminal has
    default:
      break;
  }
  if (c < 0x80) return std::string(1, static_cast<char>(c));
  char name[16];
  std::snprintf(name, sizeof name, "\\[u%04X]", static_cast<unsigned>(c));
  return name;
}

// One word of a usage line: brackets and dots around it stay as they are.
std::string usage_word(const std::string& word) {
  const size_t begin = word.front() == '[' ? 1 : 0;
  const size_t end = std::min(word.find_first_of(".]", begin), word.size());
  const std::string core = word.substr(begin, end - begin);
  const char* font = core.starts_with('-') ? "\\fB" : "\\fI";
  return word.substr(0, begin) + font + roff_text(core) + "\\fR" + word.substr(end);
}

// The last space that may end a line, behind the indentation and outside of quotes.
size_t place_to_break(const std::string& line) {
  size_t any = std::string::npos, before_option = std::string::npos;
  char quote = 0;
  for (size_t i = line.find_first_not_of(' '); i + 1 < line.size() && i + 2 <= kCommandColumns;
       ++i) {
    const char c = line[i];
    if (quote != 0 ? c == quote : c == '"' || c == '\'') quote = quote == 0 ? c : 0;
    if (c != ' ' || quote != 0) continue;
    any = i;
    if (line[i + 1] == '-') before_option = i;
  }
  return before_option != std::string::npos ? before_option : any;
}

}  // namespace

std::string roff_text(const std::string& text) {
  std::string out;
  for (const char32_t c : text::decode_utf8(text)) out += roff_character(c);
  return out.starts_with('.') ? "\\&" + out : out;
}

std::string roff_usage(const std::string& usage) {
  std::istringstream words(usage);
  std::string out, names;
  for (std::string word; words >> word;) {
    const bool is_name = out.empty() && std::islower(static_cast<unsigned char>(word.front()));
    if (is_name) {
      names += (names.empty() ? "" : " ") + roff_text(word);
    } else {
      out += '\n' + usage_word(word);
    }
  }
  return "\\fB" + names + "\\fR" + out;
}

std::string roff_paragraph(const std::string& text) {
  std::istringstream words(text);
  std::string out, line;
  for (std::string word; words >> word;) {
    const std::string next = roff_text(line.empty() ? word : ' ' + word);
    if (line.size() + next.size() > kSourceColumns) {
      out += line + '\n';
      line = roff_text(word);
    } else {
      line += next;
    }
  }
  return out + line + '\n';
}

std::string folded_command(const std::string& line) {
  std::string out, rest = line;
  while (rest.size() > kCommandColumns) {
    const size_t space = place_to_break(rest);
    if (space == std::string::npos) break;
    out += rest.substr(0, space) + " \\\n";
    rest = "    " + rest.substr(space + 1);
  }
  return out + rest;
}

}  // namespace fcclip::cli
