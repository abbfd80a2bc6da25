#include "apps/training_record.h"

#include <iostream>

#include "fcclip/cli/typed_command.h"
#include "fcclip/core/error.h"
#include "fcclip/io/atomic_file.h"

namespace fcclip::apps {

std::string training_record(const CLI::App& command, const std::string& settings_toml) {
  return "# fcclip " FCCLIP_VERSION "\n# " + cli::typed_command(command) + "\n\n" + settings_toml;
}

void tell_changed_settings(const std::filesystem::path& folder, const engine::Settings& settings) {
  const std::filesystem::path file = folder / "config.toml";
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(file, ignored)) return;
  try {
    for (const std::string& change : settings.changes_since(io::read_file(file), file.string())) {
      std::cerr << "going on with another setting: " << change << '\n';
    }
  } catch (const Error&) {
    // Somebody edited it: it is only a record.
  }
}

}  // namespace fcclip::apps
