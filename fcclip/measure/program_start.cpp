#include "fcclip/measure/program_start.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fcclip/runs/stopwatch.h"

namespace fcclip::measure {

std::optional<Step> program_start(int repeats, const std::function<bool()>& goes_on) {
  Step step{"start", "fcclip --version"};
  const char* program = "/proc/self/exe";
  const char* arguments[] = {"fcclip", "--version", nullptr};
  posix_spawn_file_actions_t silently;
  posix_spawn_file_actions_init(&silently);
  posix_spawn_file_actions_addopen(&silently, 1, "/dev/null", O_WRONLY, 0);
  bool works = true;
  for (int i = 0; works && i < repeats && goes_on(); ++i) {
    const runs::Stopwatch watch;
    pid_t child = 0;
    int status = 0;
    works = posix_spawn(&child, program, &silently, nullptr, const_cast<char**>(arguments),
                        environ) == 0 &&
            waitpid(child, &status, 0) == child && status == 0;
    step.seconds.push_back(watch.seconds());
  }
  posix_spawn_file_actions_destroy(&silently);
  if (!works || step.seconds.empty()) return std::nullopt;
  return step;
}

}  // namespace fcclip::measure
