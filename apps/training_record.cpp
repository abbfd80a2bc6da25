#include "apps/training_record.h"

#include <iostream>

#include "fcclip/cli/typed_command.h"

namespace fcclip::apps {

std::string training_record(const CLI::App& command, const std::string& settings_toml) {
  return "# fcclip " FCCLIP_VERSION "\n# " + cli::typed_command(command) + "\n\n" + settings_toml;
}

void tell_changed_settings(const std::filesystem::path& folder, const engine::Settings& settings) {
  for (const std::string& change : settings.changes_since_run(folder)) {
    std::cerr << "going on with another setting: " << change << '\n';
  }
}

}  // namespace fcclip::apps
