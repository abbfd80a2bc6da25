#include "fcclip/cli/help.h"

#include <algorithm>
#include <sstream>

namespace fcclip::cli {
namespace {

constexpr size_t kHelpColumns = 80, kHelpIndent = 2, kDescriptionColumn = 26;

// One entry: a name, and behind it or below it what it means.
std::string help_entry(const std::string& name, const std::string& meaning) {
  std::string line = std::string(kHelpIndent, ' ') + name;
  if (line.size() + 2 > kDescriptionColumn) {
    line += '\n' + std::string(kDescriptionColumn, ' ');
  } else {
    line += std::string(kDescriptionColumn - line.size(), ' ');
  }
  return line + wrap_text(meaning, kDescriptionColumn) + '\n';
}

std::string option_head(const CLI::Option& option) {
  std::string name;
  for (const std::string& one : option.get_snames()) name += (name.empty() ? "-" : ", -") + one;
  for (const std::string& one : option.get_lnames()) name += (name.empty() ? "--" : ", --") + one;
  if (option.get_items_expected_max() > 0) name += ' ' + option.get_type_name();
  return name;
}

std::string positionals_of(const CLI::App& command) {
  std::string text;
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) continue;
    text += help_entry(positional_name(*option), option_meaning(*option));
  }
  return text.empty() ? "" : '\n' + text;
}

std::string groups_of(const CLI::App& command) {
  std::string text;
  for (const OptionGroup& group : option_groups(command)) {
    text += '\n' + group.title + ":\n";
    for (const CLI::Option* option : group.options) {
      text += help_entry(option_head(*option), option_meaning(*option));
    }
  }
  return text;
}

std::string commands_of(const CLI::App& command) {
  std::string text;
  for (const PartGroup& group : part_groups(command)) {
    text += '\n' + group.title + ":\n";
    for (const CLI::App* part : group.parts) {
      text += help_entry(part->get_name(), part->get_description());
    }
  }
  return text;
}

std::string help_text(const CLI::App& command) {
  std::string text = "Usage: " + command_usage(command) + '\n';
  text += '\n' + wrap_text(command.get_description(), 0) + '\n';
  text += positionals_of(command) + commands_of(command) + groups_of(command);
  const std::string footer = command.get_footer();
  return footer.empty() ? text : text + '\n' + footer + '\n';
}

}  // namespace

std::string wrap_text(const std::string& text, size_t column) {
  std::istringstream words(text);
  std::string out, word;
  size_t at = column;
  while (words >> word) {
    const auto width = static_cast<size_t>(
        std::count_if(word.begin(), word.end(), [](char c) { return (c & 0xC0) != 0x80; }));
    if (at > column && at + 1 + width > kHelpColumns) {
      out += '\n' + std::string(column, ' ');
      at = column;
    } else if (at > column) {
      out += ' ';
      ++at;
    }
    out += word;
    at += width;
  }
  return out;
}

std::shared_ptr<CLI::FormatterBase> help_formatter() {
  return std::make_shared<CLI::FormatterLambda>(
      [](const CLI::App* command, const std::string&, CLI::AppFormatMode) {
        return help_text(*command);
      });
}

std::string notes_help(const std::string& title, const std::vector<HelpNote>& notes) {
  std::string text = title + ":\n";
  for (const HelpNote& one : notes) text += help_entry(one.name, one.meaning);
  return text;
}

}  // namespace fcclip::cli
