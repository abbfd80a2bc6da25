// fcclip completion: what a shell needs to complete commands and options.

#include <iostream>
#include <sstream>

#include "apps/commands.h"
#include "apps/option_checks.h"
#include "fcclip/core/error.h"

namespace fcclip::apps {
namespace {

// For single quotes; the three shells read an apostrophe written so.
std::string shell_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + '\'';
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

std::string bash_completion(const CLI::App& app) {
  std::ostringstream out;
  out << "# bash completion of fcclip: eval \"$(fcclip completion bash)\"\n"
         "_fcclip() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} words\n"
         "  [ \"$COMP_CWORD\" -gt 2 ] && command+=\" ${COMP_WORDS[2]}\"\n"
         "  case $command in\n";
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
         "}\n"
         "complete -o default -o bashdefault -F _fcclip fcclip\n";
  return out.str();
}

// The same text is evaluated in ~/.zshrc, and is a function's body in a folder of $fpath.
constexpr const char* kZshEnd =
    "  esac\n"
    "  compadd -- $offered\n"
    "  _files\n"
    "}\n"
    "if [ \"$funcstack[1]\" = _fcclip ]; then\n"
    "  _fcclip \"$@\"\n"
    "else\n"
    "  compdef _fcclip fcclip\n"
    "fi\n";

std::string zsh_completion(const CLI::App& app) {
  std::ostringstream out;
  out << "#compdef fcclip\n# zsh completion of fcclip: eval \"$(fcclip completion zsh)\"\n"
         "_fcclip() {\n"
         "  local command=$words[2]\n"
         "  local -a offered\n"
         "  (( CURRENT > 3 )) && command+=\" $words[3]\"\n"
         "  if (( CURRENT == 2 )); then\n    offered=(";
  for (const CLI::App* command : app.get_subcommands({})) {
    out << "\n      "
        << shell_quoted(command->get_name() + ':' + short_description(command->get_description()));
  }
  out << "\n    )\n    _describe command offered\n    return\n  fi\n  case $command in\n";
  for (const CLI::App* command : commands_and_kinds(app)) {
    out << "    " << pattern_of(*command) << ") offered=(" << option_words(*command) << ") ;;\n";
  }
  return out.str() + kZshEnd;
}

// "__fish_seen_subcommand_from score": behind this command, and behind its kind.
std::string fish_condition(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  if (parent == nullptr) return "__fish_use_subcommand";
  const std::string seen = "__fish_seen_subcommand_from " + command.get_name();
  return parent->get_parent() == nullptr ? seen : fish_condition(*parent) + "; and " + seen;
}

std::string fish_parts(const CLI::App& command) {
  std::string names, text;
  const std::vector<const CLI::App*> parts = command.get_subcommands({});
  for (const CLI::App* part : parts) names += ' ' + part->get_name();
  std::string when = fish_condition(command);
  if (command.get_parent() != nullptr) when += "; and not __fish_seen_subcommand_from" + names;
  for (const CLI::App* part : parts) {
    text += "complete -c fcclip -f -n '" + when + "' -a " + part->get_name() + " -d " +
            shell_quoted(short_description(part->get_description())) + '\n';
  }
  return text;
}

std::string fish_completion(const CLI::App& app) {
  std::ostringstream out;
  out << "# fish completion of fcclip: fcclip completion fish | source\n" << fish_parts(app);
  for (const CLI::App* command : commands_and_kinds(app)) {
    out << fish_parts(*command);
    for (const CLI::Option* option : command->get_options()) {
      if (option->get_positional() || option->get_group().empty()) continue;
      out << "complete -c fcclip -n '" << fish_condition(*command) << '\'';
      for (const std::string& name : option->get_lnames()) out << " -l " << name;
      for (const std::string& name : option->get_snames()) out << " -s " << name;
      if (option->get_items_expected_max() > 0) out << " -r";
      out << " -d " << shell_quoted(short_description(option->get_description())) << '\n';
    }
  }
  return out.str();
}

void print_completion(const CLI::App& app, const std::string& shell) {
  if (shell == "bash") std::cout << bash_completion(app);
  if (shell == "zsh") std::cout << zsh_completion(app);
  if (shell == "fish") std::cout << fish_completion(app);
  if (!std::cout.flush()) fail(ErrorCode::io_failure, "cannot write to the standard output");
}

}  // namespace

void add_completion(CLI::App& app) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("completion", "Print what a shell needs to complete commands and options");
  command->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->type_name("SHELL")
      ->check(one_of({"bash", "zsh", "fish"}));
  command->footer(
      "Example, in ~/.bashrc:\n"
      "  eval \"$(fcclip completion bash)\"");
  command->callback([&app, shell] { print_completion(app, *shell); });
}

}  // namespace fcclip::apps
