#include "tests/support/unpack.h"

#include <cstdio>
#include <memory>

namespace fcclip::test {

std::string unpacked(const std::filesystem::path& file) {
  // -f passes a file that is not packed through.
  const std::string command = "gzip -dcf '" + file.string() + "'";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string text;
  char buffer[65536];
  while (const size_t n = fread(buffer, 1, sizeof buffer, pipe.get())) text.append(buffer, n);
  return text;
}

}  // namespace fcclip::test
