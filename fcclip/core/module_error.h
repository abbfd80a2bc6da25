#pragma once
// What a module (core/cuda_module.h) says when something went wrong. No exception crosses.

#include <algorithm>
#include <cstring>
#include <exception>

#include <c10/util/Exception.h>

extern "C" {

/// What went wrong: one line that ends with a zero; empty when nothing is to be said.
struct FcclipModuleError {
  char text[400];
};
}

namespace fcclip {

/// The first line of `what`, as far as there is room.
inline void say_first_line(const char* what, FcclipModuleError* error) {
  const size_t length = std::min(std::strcspn(what, "\n"), sizeof(error->text) - 1);
  std::memcpy(error->text, what, length);
  error->text[length] = 0;
}

/// Runs `call()`. False when it throws, with the reason in `error`.
template <typename Call>
bool without_exceptions(FcclipModuleError* error, Call&& call) {
  error->text[0] = 0;
  try {
    call();
    return true;
  } catch (const c10::Error& failure) {
    say_first_line(failure.msg().c_str(), error);
  } catch (const std::exception& failure) {
    say_first_line(failure.what(), error);
  } catch (...) {
    say_first_line("an exception of an unknown kind", error);
  }
  return false;
}

}  // namespace fcclip
