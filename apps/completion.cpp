// fcclip completion: what a shell needs to complete commands and options.

#include "fcclip/cli/completion.h"

#include <iostream>

#include "apps/commands.h"
#include "apps/option_checks.h"
#include "fcclip/cli/standard_streams.h"
#include "fcclip/core/choice.h"

namespace fcclip::apps {
namespace {

const Choices<cli::Shell> kShells = {
    {"bash", cli::Shell::bash}, {"zsh", cli::Shell::zsh}, {"fish", cli::Shell::fish}};

}  // namespace

void add_completion(CLI::App& app) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("completion", "Print what a shell needs to complete commands and options");
  command->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->type_name("SHELL")
      ->check(one_of(names_of(kShells)));
  command->footer(
      "Example, in ~/.bashrc:\n"
      "  eval \"$(fcclip completion bash)\"");
  command->callback([&app, shell] {
    std::cout << cli::completion_script(app, choose(*shell, "SHELL", kShells));
    cli::check_standard_output();
  });
}

}  // namespace fcclip::apps
