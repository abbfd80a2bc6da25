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

namespace {

Error error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(std::string_view(error.what()).find('\n'), std::string_view::npos) << error.what();
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return {ErrorCode::internal, ""};
}

}  // namespace

ErrorCode code_of(const std::function<void()>& action, std::string_view part) {
  const Error error = error_of(action);
  EXPECT_NE(std::string_view(error.what()).find(part), std::string_view::npos) << error.what();
  return error.code();
}

std::string message_of(const std::function<void()>& action) {
  return error_of(action).what();
}

std::string message_of(ErrorCode code, const std::function<void()>& action) {
  const Error error = error_of(action);
  EXPECT_EQ(error.code(), code) << error.what();
  return error.what();
}

}  // namespace fcclip::test
