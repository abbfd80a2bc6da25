#include "tests/support/source_folder.h"

namespace fcclip::test {

std::filesystem::path source_folder() {
  return FCCLIP_SOURCE_DIR;
}

}  // namespace fcclip::test
