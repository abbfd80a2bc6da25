#include "fcclip/io/own_file.h"

#include "fcclip/core/error.h"
#include "fcclip/io/safetensors.h"

namespace fcclip::io {
namespace {

bool is_made_by_fcclip(const std::filesystem::path& path) {
  try {
    const SafetensorsFile file(path);
    const auto format = file.metadata().find("format");
    return format != file.metadata().end() && format->second.starts_with("fcclip-");
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

void check_own_or_new(const std::filesystem::path& output, bool overwrite) {
  std::error_code error;
  if (overwrite || !std::filesystem::is_regular_file(output, error) || is_made_by_fcclip(output))
    return;
  fail(ErrorCode::invalid_argument, output.string(),
       ": there already, and no file of fcclip; name another --output, or replace it with "
       "--overwrite");
}

}  // namespace fcclip::io
