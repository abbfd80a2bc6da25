#include <algorithm>
#include <filesystem>
#include <iostream>
#include <vector>

#include "apps/commands.h"
#include "apps/failure.h"
#include "apps/help.h"
#include "apps/option_checks.h"
#include "apps/usage_error.h"
#include "apps/version.h"

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

// `fcclip help segment`, `fcclip version` and `fcclip -V` as people type them.
std::vector<std::string> usual_form(std::vector<std::string> words) {
  if (words.empty()) return words;
  if (words.front() == "help") {
    words.erase(words.begin());
    words.push_back("--help");
  } else if (words.front() == "version" || words.front() == "-V") {
    words.front() = "--version";
  }
  return words;
}

bool is_command(const CLI::App& app, const std::string& word) {
  const std::vector<const CLI::App*> commands = app.get_subcommands({});
  return std::any_of(commands.begin(), commands.end(),
                     [&word](const CLI::App* command) { return command->get_name() == word; });
}

// Pages and text programs turn "--" into a long dash, which then looks like a picture's name.
std::string long_dash(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (word == "--") break;
    const bool is_long =
        word.starts_with("\u2013") || word.starts_with("\u2014") || word.starts_with("\u2212");
    if (!is_long || std::filesystem::exists(word)) continue;
    const std::string name = word.substr(std::min(word.find_first_not_of("-", 3), word.size()));
    return "'" + word + "' begins with a long dash; type " + (name.size() == 1 ? "-" : "--") + name;
  }
  return "";
}

int report_usage(const CLI::App& command, const std::string& line) {
  std::cerr << "fcclip: " << visible_text(line) << see_help(command) << '\n';
  return 2;
}

int report_parse_error(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
  return report_usage(parsed_command(app), usage_line(app, error));
}

int report_failure(const CLI::App& app, const std::exception& error) {
  const int status = failure_status(error);
  const std::string line = failure_line(error);
  if (status == 2) return report_usage(parsed_command(app), line);
  if (!line.empty()) std::cerr << "fcclip: " << line << '\n';  // empty: all was told already
  return status;
}

}  // namespace

void build_command_line(CLI::App& app) {
  app.formatter(help_formatter());
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
  settle_options(app);
}

namespace {

int parse_and_run(CLI::App& app, std::vector<std::string> words) {
  words = protect_arguments(words);
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
  std::vector<std::string> words = usual_form(
      argc > 1 ? std::vector<std::string>(argv + 1, argv + argc) : std::vector<std::string>());
  if (words.empty()) {
    std::cerr << app.help();
    return 2;
  }
  if (!words.front().starts_with('-') && !is_command(app, words.front())) {
    return report_usage(app, unknown_command_line(app, words.front()));
  }
  const std::string dash = long_dash(words);
  if (!dash.empty()) return report_usage(app, dash);
  return parse_and_run(app, std::move(words));
}

}  // namespace fcclip::apps
