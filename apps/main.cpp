#include "apps/commands.h"
#include "apps/standard_streams.h"

int main(int argc, char** argv) {
  return fcclip::apps::with_standard_streams([&] { return fcclip::apps::run(argc, argv); });
}
