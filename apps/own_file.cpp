#include "apps/own_file.h"

#include "fcclip/core/error.h"
#include "fcclip/io/safetensors.h"

namespace fcclip::apps {
namespace {

namespace fs = std::filesystem;

bool is_made_by_fcclip(const fs::path& path) {
  try {
    const io::SafetensorsFile file(path);
    const auto format = file.metadata().find("format");
    return format != file.metadata().end() && format->second.starts_with("fcclip-");
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

void add_overwrite_flag(CLI::App& command, bool& overwrite) {
  command.add_flag("--overwrite", overwrite, "Also replace a file that fcclip did not write");
}

void check_own_or_new(const fs::path& output, bool overwrite) {
  std::error_code error;
  if (overwrite || !fs::is_regular_file(output, error) || is_made_by_fcclip(output)) return;
  fail(ErrorCode::invalid_argument, output.string(),
       ": there already, and no file of fcclip; name another --output, or replace it with "
       "--overwrite");
}

}  // namespace fcclip::apps
