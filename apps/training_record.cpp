#include "apps/training_record.h"

#include <algorithm>
#include <cctype>
#include <iostream>

#include "fcclip/core/error.h"
#include "fcclip/io/atomic_file.h"

namespace fcclip::apps {
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
  if (is_plain) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

std::string command_text(const CLI::App& command) {
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

std::string training_record(const CLI::App& command, const std::string& settings_toml) {
  return "# fcclip " FCCLIP_VERSION "\n# " + command_text(command) + "\n\n" + settings_toml;
}

void tell_changed_settings(const std::filesystem::path& folder, const engine::Settings& settings) {
  const std::filesystem::path file = folder / "config.toml";
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(file, ignored)) return;
  try {
    for (const std::string& change : settings.changes_since(io::read_file(file), file.string())) {
      std::cerr << "going on with another setting: " << change << '\n';
    }
  } catch (const Error&) {
    // Somebody edited it: it is only a record.
  }
}

}  // namespace fcclip::apps
