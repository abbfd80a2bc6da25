#include "fcclip/cli/usage_error.h"

#include <vector>

#include "fcclip/cli/arguments.h"
#include "fcclip/core/listed.h"
#include "fcclip/core/nearest_name.h"

namespace fcclip::cli {
namespace {

std::vector<std::string> names_of_options(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

std::vector<std::string> names_of_commands(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* part : command.get_subcommands({})) names.push_back(part->get_name());
  return names;
}

std::string unknown_option(const CLI::App& command, const std::string& typed,
                           const ForeignNames& foreign_names) {
  const std::string name = typed.substr(0, typed.find('='));
  const std::string line = "unknown option " + name;
  const auto foreign = foreign_names.find(name);
  if (foreign != foreign_names.end()) {
    const std::string own = foreign->second.substr(0, foreign->second.find(' '));
    if (command.get_option_no_throw(own) != nullptr) {
      return line + " (did you mean " + foreign->second + "?)";
    }
  }
  return line + did_you_mean(name, names_of_options(command));
}

std::string unknown_part(const CLI::App& command, const std::string& word) {
  const std::vector<std::string> names = names_of_commands(command);
  const std::string all = listed(names);
  const std::string kind =
      command.get_parent() == nullptr ? "command" : "kind of " + command.get_name();
  if (word.empty()) return "name a " + kind + ": " + all;
  const std::string near = did_you_mean(word, names);
  return "unknown " + kind + " '" + word + "'" + (near.empty() ? "; there are " + all : near);
}

// What nothing in this command takes; empty when all was taken.
std::string left_over_line(const CLI::App& command, const ForeignNames& foreign_names) {
  const std::vector<std::string> left = command.remaining();
  for (const std::string& word : left) {
    if (word.size() > 1 && word.front() == '-') return unknown_option(command, word, foreign_names);
  }
  if (!command.get_subcommands({}).empty()) {
    return unknown_part(command, left.empty() ? "" : unprotected(left.front()));
  }
  return left.empty() ? "" : "unexpected argument '" + unprotected(left.front()) + "'";
}

std::string shown_name(const CLI::Option& option) {
  return option.get_positional() ? option.get_type_name() : option.get_name();
}

// The option that CLI11's message begins with.
const CLI::Option* option_of(const CLI::App& command, const std::string& message) {
  return command.get_option_no_throw(message.substr(0, message.find_first_of(": ")));
}

std::string option_line(const CLI::App& command, const CLI::ParseError& error) {
  const std::string message = error.what();
  if (dynamic_cast<const CLI::ConversionError*>(&error) != nullptr) {
    return "a value can't be read: " + message;
  }
  const CLI::Option* option = option_of(command, message);
  if (option == nullptr) return message;
  const std::string name = shown_name(*option);
  if (dynamic_cast<const CLI::ValidationError*>(&error) != nullptr) {
    // "--alpha: 2: expected 0 to 1" -> "--alpha 2: expected 0 to 1"
    return name + " " + message.substr(std::min(message.find(": ") + 2, message.size()));
  }
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    return (option->get_positional() ? name : name + ' ' + option->get_type_name()) + " is missing";
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    if (static_cast<int>(option->count()) > option->get_items_expected_max()) {
      return name + ": given " + std::to_string(option->count()) + " times, expected once";
    }
    return name + ": a value is missing (" + option->get_type_name() + ")";
  }
  if (dynamic_cast<const CLI::ExcludesError*>(&error) != nullptr) {
    const std::string other = message.substr(message.rfind(' ') + 1);
    return name + " and " + other + " exclude each other";
  }
  return message;
}

}  // namespace

const CLI::App& parsed_command(const CLI::App& root) {
  const std::vector<CLI::App*> parsed = root.get_subcommands();
  return parsed.empty() ? root : parsed_command(*parsed.front());
}

std::string command_path(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return (parent == nullptr ? "" : command_path(*parent) + " ") + command.get_name();
}

std::string usage_line(const CLI::App& root, const CLI::ParseError& error,
                       const ForeignNames& foreign_names) {
  const CLI::App& command = parsed_command(root);
  // Also behind other errors: a mistyped --output is the reason why it is missing.
  const bool takes_part = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr ||
                          dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
  const std::string left_over = takes_part ? left_over_line(command, foreign_names) : "";
  return left_over.empty() ? option_line(command, error) : left_over;
}

std::string unknown_command_line(const CLI::App& root, const std::string& word) {
  return unknown_part(root, word);
}

std::string see_help(const CLI::App& command) {
  return "; see " + command_path(command) + " --help";
}

}  // namespace fcclip::cli
