#include "fcclip/tiles/scratch_file.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <unistd.h>

#include "fcclip/core/error.h"

namespace fcclip::tiles {

void fail_file(const char* what, const std::filesystem::path& path) {
  fail(ErrorCode::io_failure, "can't ", what, " ", path.string(), ": ",
       std::strerror(errno != 0 ? errno : EIO));
}

ScratchFile open_scratch(const std::filesystem::path& folder) {
  std::string name = (folder / ".fcclip-XXXXXX").string();
  const int descriptor = ::mkstemp(name.data());
  if (descriptor < 0) fail_file("write in", folder);
  ::unlink(name.c_str());
  ScratchFile file(::fdopen(descriptor, "w+b"));
  if (file) return file;
  ::close(descriptor);
  fail_file("write in", folder);
}

}  // namespace fcclip::tiles
