#include <algorithm>
#include <iostream>
#include <vector>

#include "apps/commands.h"
#include "apps/program_notes.h"
#include "apps/version.h"
#include "fcclip/cli/arguments.h"
#include "fcclip/cli/failure.h"
#include "fcclip/cli/help.h"
#include "fcclip/cli/option_checks.h"

namespace fcclip::apps {
namespace {

struct CommandGroup {
  const char* title;
  std::vector<void (*)(CLI::App&)> commands;
};

const std::vector<CommandGroup>& command_groups() {
  static const std::vector<CommandGroup> kGroups = {
      {"Pictures", {add_segment, add_serve}},
      {"Models and words", {add_convert, add_info, add_classes, add_words, add_adapt, add_init}},
      {"Evaluation", {add_eval, add_score, add_prepare}},
      {"Training", {add_train, add_pretrain, add_synth}},
      {"Looking inside", {add_bench, add_trace, add_tokenize}},
      {"Shell", {add_completion, add_manual}}};
  return kGroups;
}

bool is_command(const CLI::App& app, const std::string& word) {
  const std::vector<const CLI::App*> commands = app.get_subcommands({});
  return std::any_of(commands.begin(), commands.end(),
                     [&word](const CLI::App* command) { return command->get_name() == word; });
}

std::string environment_help() {
  return cli::notes_help("Environment variables", environment_notes()) + '\n' +
         cli::notes_help("Exit codes", exit_notes()) +
         "\nfcclip COMMAND --help lists the options of a command, with examples.";
}

int report_usage(const CLI::App& command, const std::string& line) {
  std::cerr << "fcclip: " << cli::visible_text(line) << cli::see_help(command) << '\n';
  return 2;
}

int report_parse_error(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
  return report_usage(cli::parsed_command(app), cli::usage_line(app, error, foreign_names()));
}

int report_failure(const CLI::App& app, const std::exception& error) {
  const int status = cli::failure_status(error);
  const std::string line = cli::failure_line(error);
  if (status == 2) return report_usage(cli::parsed_command(app), line);
  if (!line.empty()) std::cerr << "fcclip: " << line << '\n';  // empty: all was told already
  return status;
}

}  // namespace

void build_command_line(CLI::App& app) {
  app.formatter(cli::help_formatter());
  app.set_help_flag("-h,--help", "Print this help")->group("Help");
  app.set_version_flag("-V,--version", version_text, "Print the version and what it was built with")
      ->group("Help");
  app.footer(environment_help());
  app.require_subcommand(1);
  for (const CommandGroup& group : command_groups()) {
    for (const auto add : group.commands) add(app);
    for (CLI::App* command : app.get_subcommands({})) {
      if (command->get_group() == "Subcommands") command->group(group.title);
    }
  }
  cli::settle_options(app);
}

namespace {

int parse_and_run(CLI::App& app, std::vector<std::string> words) {
  words = cli::protect_arguments(words);
  std::reverse(words.begin(), words.end());  // as CLI11 takes them
  try {
    app.parse(words);
    return 0;
  } catch (const CLI::ParseError& error) {
    return report_parse_error(app, error);
  } catch (const std::exception& error) {
    return report_failure(app, error);
  }
}

}  // namespace

int run(int argc, const char* const* argv) {
  CLI::App app("Open-vocabulary panoptic, instance and semantic segmentation (FC-CLIP)", "fcclip");
  build_command_line(app);
  std::vector<std::string> words = cli::usual_form(
      argc > 1 ? std::vector<std::string>(argv + 1, argv + argc) : std::vector<std::string>());
  if (words.empty()) {
    std::cerr << app.help();
    return 2;
  }
  if (!words.front().starts_with('-') && !is_command(app, words.front())) {
    return report_usage(app, cli::unknown_command_line(app, words.front()));
  }
  const std::string dash = cli::long_dash(words);
  if (!dash.empty()) return report_usage(app, dash);
  return parse_and_run(app, std::move(words));
}

}  // namespace fcclip::apps
