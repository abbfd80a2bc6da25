// fcclip manual: manual pages, as man reads them.

#include <algorithm>
#include <iostream>

#include "apps/commands.h"
#include "apps/program_notes.h"
#include "fcclip/cli/man_page.h"
#include "fcclip/cli/standard_streams.h"
#include "fcclip/core/error.h"

namespace fcclip::apps {
namespace {

struct ManualFlags {
  std::vector<std::string> command;
  std::string output;
};

const CLI::App& command_named(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* command = &app;
  for (const std::string& word : words) {
    const std::vector<const CLI::App*> parts = command->get_subcommands({});
    const auto found = std::find_if(parts.begin(), parts.end(), [&word](const CLI::App* part) {
      return part->check_name(word);
    });
    if (found == parts.end())
      fail(ErrorCode::invalid_argument, cli::unknown_command_line(*command, word));
    command = *found;
  }
  return *command;
}

void manual(const CLI::App& app, const ManualFlags& flags) {
  const CLI::App& command = command_named(app, flags.command);
  const cli::ManualParts parts = {"fcclip " FCCLIP_VERSION, cli::page_date(), exit_notes(),
                                  environment_notes(), file_notes()};
  if (!flags.output.empty()) return cli::write_man_pages(app, parts, flags.output);
  std::cout << cli::man_page(command, parts);
  cli::check_standard_output();
}

}  // namespace

void add_manual(CLI::App& app) {
  auto flags = std::make_shared<ManualFlags>();
  CLI::App* command =
      app.add_subcommand("manual", "Print a command's manual page, as man reads it");
  CLI::Option* one =
      command->add_option("command", flags->command, "The command; else fcclip itself")
          ->type_name("COMMAND");
  command->add_option("-o,--output", flags->output, "Write the pages of all commands here")
      ->type_name("FOLDER")
      ->excludes(one);
  command->footer(
      "Examples:\n"
      "  fcclip manual segment > segment.1\n"
      "  fcclip manual -o man1");
  command->callback([&app, flags] { manual(app, *flags); });
}

}  // namespace fcclip::apps
