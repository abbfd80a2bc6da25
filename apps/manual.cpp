// fcclip manual: manual pages, as man reads them.

#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "apps/commands.h"
#include "apps/man_page.h"
#include "apps/usage_error.h"
#include "fcclip/core/error.h"
#include "fcclip/core/utc_time.h"

namespace fcclip::apps {
namespace {

struct ManualFlags {
  std::vector<std::string> command;
  std::string output;
};

// Of the sources where a packager tells it (https://reproducible-builds.org/specs/source-date-epoch/).
std::string page_date() {
  const char* const told = std::getenv("SOURCE_DATE_EPOCH");
  const std::time_t now = told != nullptr ? std::strtoll(told, nullptr, 10) : std::time(nullptr);
  std::string text = utc_text(now, "%Y-%m-%d");
  if (text.empty()) {
    fail(ErrorCode::invalid_argument, "SOURCE_DATE_EPOCH=", told,
         ": no date; expected seconds since 1970");
  }
  return text;
}

void write_pages(const CLI::App& command, const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / (man_page_name(command) + ".1");
  std::ofstream file(path, std::ios::binary);
  file << man_page(command, page_date());
  file.close();
  if (!file) fail(ErrorCode::io_failure, path.string(), ": cannot be written");
  for (const CLI::App* part : command.get_subcommands({})) write_pages(*part, folder);
}

void print_page(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* command = &app;
  for (const std::string& word : words) {
    const std::vector<const CLI::App*> parts = command->get_subcommands({});
    const auto found = std::find_if(parts.begin(), parts.end(), [&word](const CLI::App* part) {
      return part->check_name(word);
    });
    if (found == parts.end())
      fail(ErrorCode::invalid_argument, unknown_command_line(*command, word));
    command = *found;
  }
  std::cout << man_page(*command, page_date());
  if (!std::cout.flush()) fail(ErrorCode::io_failure, "cannot write to the standard output");
}

void manual(const CLI::App& app, const ManualFlags& flags) {
  if (flags.output.empty()) return print_page(app, flags.command);
  std::error_code error;
  std::filesystem::create_directories(flags.output, error);
  if (error) fail(ErrorCode::io_failure, flags.output, ": ", error.message());
  write_pages(app, flags.output);
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
