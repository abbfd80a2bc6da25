// The program's door: prepares the environment that LibTorch and OpenMP read when they are loaded,
// then loads the program and runs it.

#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <filesystem>

namespace {

// GNU OpenMP's threads wait for each other in a loop; while other work has the cores, as on every
// shared machine, that loop takes the time of the thread that is waited for.
void let_threads_sleep() {
  if (std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr) return;
  setenv("GOMP_SPINCOUNT", "1000", 1);  // turns: bridges the pause between two kernels
}

std::filesystem::path program_library() {
  std::error_code error;
  const auto here = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  return (here / FCCLIP_PROGRAM_LIBRARY).lexically_normal();
}

int give_up() {
  std::fprintf(stderr, "fcclip: cannot be loaded: %s; build or install it again\n", dlerror());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  let_threads_sleep();
  void* const program = dlopen(program_library().c_str(), RTLD_LAZY | RTLD_GLOBAL);
  if (program == nullptr) return give_up();
  void* const found = dlsym(program, "fcclip_program_run");
  if (found == nullptr) return give_up();
  return reinterpret_cast<int (*)(int, const char* const*)>(found)(argc, argv);
}
