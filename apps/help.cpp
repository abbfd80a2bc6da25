#include "apps/help.h"

#include <algorithm>
#include <sstream>
#include <vector>

#include "apps/usage_error.h"

namespace fcclip::apps {
namespace {

constexpr size_t kHelpColumns = 80, kHelpIndent = 2, kDescriptionColumn = 26;

struct Variable {
  const char* name;
  const char* meaning;
};

constexpr Variable kVariables[] = {
    {"FCCLIP_MODEL", "model file used without --model"},
    {"FCCLIP_DATASETS",
     "folder of the data sets for eval and prepare (else DETECTRON2_DATASETS, "
     "else ./datasets)"},
    {"FCCLIP_MERGES", "CLIP's merge file for convert, init and tokenize"},
    {"FCCLIP_CPU_ISA", "instruction set of the kernels: portable, avx2 or avx512; else the best"},
    {"FCCLIP_WORLD_CACHE",
     "folder of the synthetic world, which make world packs and synth, train and pretrain read; "
     "else .cache/world"},
    {"XDG_CACHE_HOME", "text features are cached in its folder fcclip; else in ~/.cache/fcclip"},
    {"RANK, WORLD_SIZE",
     "this process of how many, for train, pretrain and eval; set by torchrun "
     "(srun and mpirun have names of their own, which train knows)"}};

constexpr Variable kExitCodes[] = {
    {"0", "done"},
    {"1",
     "something named on the command line failed: a file is missing or damaged, a device is "
     "not there"},
    {"2", "the command line, or a setting, makes no sense; nothing was done"},
    {"130", "stopped by Ctrl-C or SIGTERM"}};

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
  if (option.get_positional()) {
    const bool many = option.get_items_expected_max() > 1;
    return option.get_type_name() + (many ? "..." : "");
  }
  std::string name;
  for (const std::string& one : option.get_snames()) name += (name.empty() ? "-" : ", -") + one;
  for (const std::string& one : option.get_lnames()) name += (name.empty() ? "--" : ", --") + one;
  if (option.get_items_expected_max() > 0) name += ' ' + option.get_type_name();
  return name;
}

std::string option_meaning(const CLI::Option& option) {
  std::string text = option.get_description();
  if (!option.get_default_str().empty()) text += "; default " + option.get_default_str();
  if (option.get_required() && option.nonpositional()) text += " (needed)";
  return text;
}

std::string usage_of(const CLI::App& command) {
  std::string line = "Usage: " + command_path(command);
  if (!command.get_subcommands({}).empty()) {
    line += command.get_parent() == nullptr ? " COMMAND" : " KIND";
  }
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) continue;
    line += option->get_required() ? ' ' + option_head(*option) : " [" + option_head(*option) + ']';
  }
  for (const CLI::Option* option : command.get_options()) {
    if (option->nonpositional() && option->get_required()) {
      line += " --" + option->get_lnames().front() + ' ' + option->get_type_name();
    }
  }
  return line + " [OPTIONS]\n";
}

std::string positionals_of(const CLI::App& command) {
  std::string text;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_positional()) text += help_entry(option_head(*option), option_meaning(*option));
  }
  return text.empty() ? "" : '\n' + text;
}

std::string group_text(const CLI::App& command, const std::string& group) {
  std::string text;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_positional() || option->get_group() != group) continue;
    text += help_entry(option_head(*option), option_meaning(*option));
  }
  return text.empty() || group.empty() ? "" : '\n' + group + ":\n" + text;
}

// In the order of the declarations; --help itself, declared first, comes last.
std::string groups_of(const CLI::App& command) {
  std::vector<std::string> groups;
  for (const CLI::Option* option : command.get_options()) {
    const std::string& group = option->get_group();
    if (option->get_positional() || option == command.get_help_ptr()) continue;
    if (std::find(groups.begin(), groups.end(), group) == groups.end()) groups.push_back(group);
  }
  if (const CLI::Option* help = command.get_help_ptr()) {
    if (std::find(groups.begin(), groups.end(), help->get_group()) == groups.end()) {
      groups.push_back(help->get_group());
    }
  }
  std::string text;
  for (const std::string& group : groups) text += group_text(command, group);
  return text;
}

std::string commands_of(const CLI::App& command) {
  std::vector<std::string> groups;
  for (const CLI::App* part : command.get_subcommands({})) {
    if (std::find(groups.begin(), groups.end(), part->get_group()) == groups.end()) {
      groups.push_back(part->get_group());
    }
  }
  std::string text;
  for (const std::string& group : groups) {
    text += '\n' + group + ":\n";
    for (const CLI::App* part : command.get_subcommands({})) {
      if (part->get_group() == group) text += help_entry(part->get_name(), part->get_description());
    }
  }
  return text;
}

std::string help_text(const CLI::App& command) {
  std::string text = usage_of(command);
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

std::string environment_help() {
  std::string text = "Environment variables:\n";
  for (const Variable& one : kVariables) text += help_entry(one.name, one.meaning);
  text += "\nExit codes:\n";
  for (const Variable& one : kExitCodes) text += help_entry(one.name, one.meaning);
  return text + "\nfcclip COMMAND --help lists the options of a command, with examples.";
}

}  // namespace fcclip::apps
