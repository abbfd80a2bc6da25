#include "fcclip/cli/standard_streams.h"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <iostream>
#include <unistd.h>

#include "fcclip/core/error.h"

namespace fcclip::cli {
namespace {

std::atomic<bool> pipe_closed = false;  // the one thing a signal handler can reach

void remember_closed_pipe(int) {
  pipe_closed = true;
}

}  // namespace

int with_standard_streams(const std::function<int()>& program) {
  occupy_closed_streams();
  int status = program();
  if (status == 0) {
    try {
      check_standard_output();
    } catch (const Error& error) {
      end_if_output_closed();
      std::cerr << "fcclip: " << error.what() << '\n';
      status = exit_status(error.code());
    }
  }
  end_if_output_closed();
  return status;
}

void occupy_closed_streams() {
  for (int number = STDIN_FILENO; number <= STDERR_FILENO; ++number) {
    if (::fcntl(number, F_GETFD) >= 0) continue;
    // The lowest free number is this one. Opened the wrong way round, so that using it is an error.
    const int mode = number == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    [[maybe_unused]] const int opened = ::open("/dev/null", mode);
  }
}

void outlive_closed_pipe() {
  struct sigaction now {};
  if (::sigaction(SIGPIPE, nullptr, &now) != 0 || now.sa_handler == SIG_IGN) return;
  now = {};
  now.sa_handler = remember_closed_pipe;
  now.sa_flags = SA_RESTART;
  ::sigaction(SIGPIPE, &now, nullptr);
}

bool standard_output_closed() {
  return pipe_closed;
}

void check_standard_output() {
  if (pipe_closed) fail(ErrorCode::interrupted, "");  // nobody is left to be told
  const bool taken =
      std::cout.flush().good() && std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (!taken) fail(ErrorCode::io_failure, "cannot write to the standard output");
}

void end_if_output_closed() {
  if (!pipe_closed) return;
  std::signal(SIGPIPE, SIG_DFL);
  std::raise(SIGPIPE);
}

}  // namespace fcclip::cli
