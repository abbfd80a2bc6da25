#include "fcclip/cli/typed_command.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "fcclip/cli/arguments.h"

namespace fcclip::cli {
namespace {

// A word of a shell's command line, on one line.
std::string shell_word(std::string word) {
  for (char& c : word) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  const bool is_plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("_./=:,+-@%").find(c) != std::string_view::npos;
  });
  return is_plain ? word : shell_quoted(word);
}

}  // namespace

std::string typed_command(const CLI::App& command) {
  std::string places, options;
  for (const CLI::Option* option : command.get_options()) {
    if (option->count() == 0) continue;
    const bool is_place = option->get_positional() && option->get_lnames().empty();
    const bool is_flag = option->get_items_expected_max() == 0;
    const std::string name = is_place ? "" : " --" + option->get_lnames().front();
    if (is_flag) options += name;
    for (const std::string& value : option->results()) {
      if (is_place) places += " " + shell_word(value);
      if (!is_place && !is_flag) options += name + " " + shell_word(value);
    }
  }
  const CLI::App* program = command.get_parent();
  const std::string prefix = program == nullptr ? "" : program->get_name() + " ";
  return prefix + command.get_name() + places + options;
}

}  // namespace fcclip::cli
