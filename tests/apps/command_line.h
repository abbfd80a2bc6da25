#pragma once
// The program called in this process: arguments in, exit status and what it said out.

#include <csignal>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "apps/commands.h"

namespace fcclip::test {

inline int call(std::vector<std::string> arguments) {
  std::vector<const char*> argv = {"fcclip"};
  for (const std::string& one : arguments) argv.push_back(one.c_str());
  return apps::run(static_cast<int>(argv.size()), argv.data());
}

struct Outcome {
  int status = 0;
  std::string said;  ///< on standard error
};

inline Outcome call_and_listen(const std::vector<std::string>& arguments) {
  ::testing::internal::CaptureStderr();
  ::testing::internal::CaptureStdout();
  Outcome outcome;
  outcome.status = call(arguments);
  ::testing::internal::GetCapturedStdout();
  outcome.said = ::testing::internal::GetCapturedStderr();
  return outcome;
}

/// As on a disk that fills: in a child process no file may grow beyond `bytes`.
inline Outcome call_with_full_disk(const std::vector<std::string>& arguments, rlim_t bytes) {
  int said[2];  // a pipe has no such limit
  if (pipe(said) != 0) return {-1, "no pipe"};
  const pid_t child = fork();
  if (child == 0) {
    dup2(said[1], STDERR_FILENO);
    close(said[0]);
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, bytes};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(99);
    const int status = call(arguments);
    fflush(stderr);
    _exit(status);
  }
  close(said[1]);
  Outcome outcome;
  char part[4096];
  for (ssize_t n = 0; (n = read(said[0], part, sizeof part)) > 0;) {
    outcome.said.append(part, static_cast<size_t>(n));
  }
  close(said[0]);
  int status = 0;
  waitpid(child, &status, 0);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

/// Exit status 1 and one line, which has each of `parts` in it.
inline ::testing::AssertionResult fails_naming(const Outcome& outcome,
                                               const std::vector<std::string>& parts) {
  if (outcome.status != 1) {
    return ::testing::AssertionFailure() << "status " << outcome.status << ": " << outcome.said;
  }
  const size_t line_end = outcome.said.find('\n');
  if (outcome.said.rfind("fcclip: ", 0) != 0 || line_end + 1 != outcome.said.size()) {
    return ::testing::AssertionFailure() << "not one line: " << outcome.said;
  }
  for (const std::string& part : parts) {
    if (outcome.said.find(part) == std::string::npos) {
      return ::testing::AssertionFailure() << "no '" << part << "' in: " << outcome.said;
    }
  }
  return ::testing::AssertionSuccess();
}

}  // namespace fcclip::test
