#include "apps/commands.h"
#include "fcclip/cli/standard_streams.h"

/// What the door (main.cpp) looks up and calls.
extern "C" __attribute__((visibility("default"))) int fcclip_program_run(int argc,
                                                                         const char* const* argv) {
  return fcclip::cli::with_standard_streams([&] { return fcclip::apps::run(argc, argv); });
}
