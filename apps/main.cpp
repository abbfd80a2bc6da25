#include "apps/commands.h"

int main(int argc, char** argv) {
  return fcclip::apps::run(argc, argv);
}
