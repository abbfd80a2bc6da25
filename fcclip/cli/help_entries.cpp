#include "fcclip/cli/help_entries.h"

#include <algorithm>
#include <sstream>

#include "fcclip/cli/usage_error.h"

namespace fcclip::cli {
namespace {

// The group of this title, made when it is not there yet.
template <typename Group>
Group& group_titled(std::vector<Group>& groups, const std::string& title) {
  const auto found = std::find_if(groups.begin(), groups.end(),
                                  [&title](const Group& group) { return group.title == title; });
  if (found != groups.end()) return *found;
  groups.push_back({title, {}});
  return groups.back();
}

}  // namespace

bool concerns(const HelpNote& note, const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  if (note.readers.empty() || parent == nullptr) return true;
  std::istringstream readers(note.readers);
  for (std::string reader; readers >> reader;) {
    if (reader == command.get_name() || command.get_option_no_throw(reader) != nullptr) return true;
  }
  return parent->get_parent() != nullptr && concerns(note, *parent);
}

std::string option_meaning(const CLI::Option& option) {
  std::string text = option.get_description();
  if (!option.get_default_str().empty()) text += "; default " + option.get_default_str();
  if (option.get_required() && option.nonpositional()) text += " (needed)";
  return text;
}

std::string positional_name(const CLI::Option& option) {
  return option.get_type_name() + (option.get_items_expected_max() > 1 ? "..." : "");
}

std::string command_usage(const CLI::App& command) {
  std::string line = command_path(command);
  if (!command.get_subcommands({}).empty()) {
    line += command.get_parent() == nullptr ? " COMMAND" : " KIND";
  }
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) continue;
    const std::string name = positional_name(*option);
    line += option->get_required() ? ' ' + name : " [" + name + ']';
  }
  for (const CLI::Option* option : command.get_options()) {
    if (option->nonpositional() && option->get_required()) {
      line += " --" + option->get_lnames().front() + ' ' + option->get_type_name();
    }
  }
  return line + " [OPTIONS]";
}

std::vector<OptionGroup> option_groups(const CLI::App& command) {
  std::vector<OptionGroup> groups;
  const CLI::Option* help = command.get_help_ptr();
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_positional() || option->get_group().empty() || option == help) continue;
    group_titled(groups, option->get_group()).options.push_back(option);
  }
  if (help == nullptr) return groups;
  std::vector<const CLI::Option*>& beside = group_titled(groups, help->get_group()).options;
  beside.insert(beside.begin(), help);
  return groups;
}

std::vector<PartGroup> part_groups(const CLI::App& command) {
  std::vector<PartGroup> groups;
  for (const CLI::App* part : command.get_subcommands({})) {
    group_titled(groups, part->get_group()).parts.push_back(part);
  }
  return groups;
}

}  // namespace fcclip::cli
