#include "fcclip/cli/arguments.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

namespace fcclip::cli {
namespace {

constexpr char kProtected = '\x01';  // no argument that somebody types begins with it

// "-c=bat"; "-1=…" is none.
bool is_short_with_equals(const std::string& argument) {
  return argument.size() > 3 && argument[0] == '-' && argument[2] == '=' &&
         std::isalpha(static_cast<unsigned char>(argument[1])) != 0;
}

}  // namespace

std::vector<std::string> usual_form(std::vector<std::string> words) {
  if (words.empty()) return words;
  if (words.front() == "help") {
    words.erase(words.begin());
    words.push_back("--help");
  } else if (words.front() == "version" || words.front() == "-V") {
    words.front() = "--version";
  }
  return words;
}

std::string long_dash(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (word == "--") break;
    const bool is_long =
        word.starts_with("\u2013") || word.starts_with("\u2014") || word.starts_with("\u2212");
    if (!is_long || std::filesystem::exists(word)) continue;
    const std::string name = word.substr(std::min(word.find_first_not_of("-", 3), word.size()));
    return "'" + word + "' begins with a long dash; type " + (name.size() == 1 ? "-" : "--") + name;
  }
  return "";
}

std::vector<std::string> protect_arguments(const std::vector<std::string>& arguments) {
  std::vector<std::string> safe;
  bool options_end = false;
  for (const std::string& argument : arguments) {
    if (!options_end && argument == "--") {
      options_end = true;
      continue;
    }
    // CLI11 would take the next argument for the value of "--option=".
    if (!options_end && argument.starts_with("--") && argument.find('=') == argument.size() - 1) {
      safe.push_back(argument.substr(0, argument.size() - 1));
      safe.emplace_back();
      continue;
    }
    // It would take "=bat" for the value of -c.
    if (!options_end && is_short_with_equals(argument)) {
      safe.push_back(argument.substr(0, 2));
      safe.push_back(argument.substr(3));
      continue;
    }
    const bool is_list = argument.starts_with('[') && argument.ends_with(']');
    const bool protect = is_list || (options_end && argument.starts_with('-'));
    safe.push_back(protect ? kProtected + argument : argument);
  }
  return safe;
}

std::string unprotected(const std::string& argument) {
  return argument.starts_with(kProtected) ? argument.substr(1) : argument;
}

std::string shell_quoted(const std::string& word) {
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + '\'';
}

}  // namespace fcclip::cli
