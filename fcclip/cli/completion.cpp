#include "fcclip/cli/completion.h"

#include <sstream>
#include <string_view>
#include <vector>

#include "fcclip/cli/arguments.h"

namespace fcclip::cli {
namespace {

// A script's text, in which PROGRAM stands for the program's name.
std::string named(const CLI::App& app, std::string text) {
  constexpr std::string_view kPlace = "PROGRAM";
  for (size_t at = 0; (at = text.find(kPlace)) != std::string::npos;) {
    text.replace(at, kPlace.size(), app.get_name());
  }
  return text;
}

// The beginning of a description; behind a ';' stand defaults and details.
std::string short_description(const std::string& text) {
  return text.substr(0, text.find(';'));
}

std::string option_words(const CLI::App& command) {
  std::string words;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_group().empty()) continue;  // only there to say what it is called now
    for (const std::string& name : option->get_lnames()) words += " --" + name;
    for (const std::string& name : option->get_snames()) words += " -" + name;
  }
  for (const CLI::App* part : command.get_subcommands({})) words += ' ' + part->get_name();
  return words.empty() ? words : words.substr(1);
}

// What the words before the cursor are compared with: 'score panoptic' before 'score*'.
std::string pattern_of(const CLI::App& command) {
  const std::string name = command.get_name();
  const CLI::App* parent = command.get_parent();
  if (parent->get_parent() != nullptr) return '"' + parent->get_name() + ' ' + name + "\"*";
  return name + " | \"" + name + " \"*";
}

// The commands, and before each the kinds that it has.
std::vector<const CLI::App*> commands_and_kinds(const CLI::App& app) {
  std::vector<const CLI::App*> all;
  for (const CLI::App* command : app.get_subcommands({})) {
    for (const CLI::App* kind : command->get_subcommands({})) all.push_back(kind);
    all.push_back(command);
  }
  return all;
}

constexpr const char* kBashBegin =
    "# bash completion of PROGRAM: eval \"$(PROGRAM completion bash)\"\n"
    "_PROGRAM() {\n"
    "  local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} words\n"
    "  [ \"$COMP_CWORD\" -gt 2 ] && command+=\" ${COMP_WORDS[2]}\"\n"
    "  case $command in\n";

std::string bash_completion(const CLI::App& app) {
  std::ostringstream out;
  out << named(app, kBashBegin);
  for (const CLI::App* command : commands_and_kinds(app)) {
    out << "    " << pattern_of(*command) << ") words=\"" << option_words(*command) << "\" ;;\n";
  }
  out << "    *) words=\"" << option_words(app)
      << "\" ;;\n"
         "  esac\n"
         "  [ \"$COMP_CWORD\" -eq 1 ] && words=\""
      << option_words(app)
      << "\"\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
         "}\n";
  return out.str() + named(app, "complete -o default -o bashdefault -F _PROGRAM PROGRAM\n");
}

// The same text is evaluated in ~/.zshrc, and is a function's body in a folder of $fpath.
constexpr const char* kZshEnd =
    "  esac\n"
    "  compadd -- $offered\n"
    "  _files\n"
    "}\n"
    "if [ \"$funcstack[1]\" = _PROGRAM ]; then\n"
    "  _PROGRAM \"$@\"\n"
    "else\n"
    "  compdef _PROGRAM PROGRAM\n"
    "fi\n";

constexpr const char* kZshBegin =
    "#compdef PROGRAM\n# zsh completion of PROGRAM: eval \"$(PROGRAM completion zsh)\"\n"
    "_PROGRAM() {\n"
    "  local command=$words[2]\n"
    "  local -a offered\n"
    "  (( CURRENT > 3 )) && command+=\" $words[3]\"\n"
    "  if (( CURRENT == 2 )); then\n    offered=(";

std::string zsh_completion(const CLI::App& app) {
  std::ostringstream out;
  out << named(app, kZshBegin);
  for (const CLI::App* command : app.get_subcommands({})) {
    out << "\n      "
        << shell_quoted(command->get_name() + ':' + short_description(command->get_description()));
  }
  out << "\n    )\n    _describe command offered\n    return\n  fi\n  case $command in\n";
  for (const CLI::App* command : commands_and_kinds(app)) {
    out << "    " << pattern_of(*command) << ") offered=(" << option_words(*command) << ") ;;\n";
  }
  return out.str() + named(app, kZshEnd);
}

// "__fish_seen_subcommand_from score": behind this command, and behind its kind.
std::string fish_condition(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  if (parent == nullptr) return "__fish_use_subcommand";
  const std::string seen = "__fish_seen_subcommand_from " + command.get_name();
  return parent->get_parent() == nullptr ? seen : fish_condition(*parent) + "; and " + seen;
}

std::string fish_parts(const CLI::App& app, const CLI::App& command) {
  std::string names, text;
  const std::vector<const CLI::App*> parts = command.get_subcommands({});
  for (const CLI::App* part : parts) names += ' ' + part->get_name();
  std::string when = fish_condition(command);
  if (command.get_parent() != nullptr) when += "; and not __fish_seen_subcommand_from" + names;
  for (const CLI::App* part : parts) {
    text += "complete -c " + app.get_name() + " -f -n '" + when + "' -a " + part->get_name() +
            " -d " + shell_quoted(short_description(part->get_description())) + '\n';
  }
  return text;
}

std::string fish_completion(const CLI::App& app) {
  std::ostringstream out;
  out << named(app, "# fish completion of PROGRAM: PROGRAM completion fish | source\n")
      << fish_parts(app, app);
  for (const CLI::App* command : commands_and_kinds(app)) {
    out << fish_parts(app, *command);
    for (const CLI::Option* option : command->get_options()) {
      if (option->get_positional() || option->get_group().empty()) continue;
      out << "complete -c " << app.get_name() << " -n '" << fish_condition(*command) << '\'';
      for (const std::string& name : option->get_lnames()) out << " -l " << name;
      for (const std::string& name : option->get_snames()) out << " -s " << name;
      if (option->get_items_expected_max() > 0) out << " -r";
      out << " -d " << shell_quoted(short_description(option->get_description())) << '\n';
    }
  }
  return out.str();
}

}  // namespace

std::string completion_script(const CLI::App& app, Shell shell) {
  switch (shell) {
    case Shell::bash:
      return bash_completion(app);
    case Shell::zsh:
      return zsh_completion(app);
    case Shell::fish:
      return fish_completion(app);
  }
  return "";
}

}  // namespace fcclip::cli
