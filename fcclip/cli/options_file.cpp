#include "fcclip/cli/options_file.h"

#include <algorithm>
#include <sstream>
#include <vector>

#include "fcclip/core/error.h"
#include "fcclip/core/listed.h"
#include "fcclip/core/nearest_name.h"

namespace fcclip::cli {
namespace {

constexpr const char* kConfig = "--config";

std::vector<std::string> long_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back(name);
    if (option->get_lnames().empty()) names.push_back(option->get_name(true));
  }
  return names;
}

CLI::Option& option_named(CLI::App& command, const std::string& key, const std::string& file) {
  std::string name = key;
  std::replace(name.begin(), name.end(), '_', '-');
  CLI::Option* option = command.get_option_no_throw("--" + name);
  if (option == nullptr) option = command.get_option_no_throw(key);
  if (option != nullptr && !option->check_name(kConfig) && option != command.get_help_ptr()) {
    return *option;
  }
  fail(ErrorCode::invalid_argument, file, ": '", key, "' is no option of ", command.get_name(),
       did_you_mean(name, long_names(command)));
}

}  // namespace

void add_options_file(CLI::App& command, std::string& file) {
  command
      .add_option(kConfig, file,
                  "TOML file of these options, by their long names; those typed come first")
      ->type_name("FILE");
}

void apply_options_text(CLI::App& command, const std::string& toml, const std::string& file) {
  std::istringstream text(toml);
  std::vector<CLI::ConfigItem> items;
  try {
    items = CLI::ConfigTOML().from_config(text);
  } catch (const CLI::Error& error) {
    fail(ErrorCode::invalid_argument, file, ": ", error.what());
  }
  for (const CLI::ConfigItem& item : items) {
    if (!item.parents.empty()) {
      fail(ErrorCode::invalid_argument, file, ": [", item.parents.front(),
           "]: options stand without sections");
    }
    CLI::Option& option = option_named(command, item.name, file);
    if (option.count() > 0) continue;
    if (option.get_items_expected_max() == 1) {
      option.add_result(listed(item.inputs, {}, ","));  // alpha = [0.2, 0.4]
    } else {
      for (const std::string& value : item.inputs) option.add_result(value);
    }
    option.run_callback();
  }
}

}  // namespace fcclip::cli
