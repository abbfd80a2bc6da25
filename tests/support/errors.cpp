#include "tests/support/errors.h"

#include <string>

namespace fcclip::test {

::testing::AssertionResult throws_error(ErrorCode code, std::string_view part,
                                        const std::function<void()>& action) {
  const std::string wanted =
      "expected " + std::string(name(code)) + " that says \"" + std::string(part) + "\", got ";
  try {
    action();
  } catch (const Error& error) {
    const std::string_view message = error.what();
    const bool is_one_line = message.find('\n') == std::string_view::npos;
    if (error.code() == code && is_one_line && message.find(part) != std::string_view::npos)
      return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << wanted << name(error.code()) << ": " << message;
  } catch (const std::exception& other) {
    return ::testing::AssertionFailure() << wanted << "another exception: " << other.what();
  }
  return ::testing::AssertionFailure() << wanted << "no error";
}

}  // namespace fcclip::test
