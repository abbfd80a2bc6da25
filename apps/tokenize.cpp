#include "apps/commands.h"

namespace fcclip::apps {
void add_tokenize(CLI::App&) {}
}  // namespace fcclip::apps
