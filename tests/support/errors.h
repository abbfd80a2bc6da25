#pragma once
// Refusals: an Error of the right code whose message says what is wrong.

#include <functional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "fcclip/core/error.h"

namespace fcclip::test {

/// `action` throws Error of `code`, whose one-line message holds `part`.
::testing::AssertionResult throws_error(ErrorCode code, std::string_view part,
                                        const std::function<void()>& action);

/// What `action` throws, an Error with a one-line message that holds `part`; fails where it throws
/// none. For tables of cases that EXPECT_ERROR is too long for.
ErrorCode code_of(const std::function<void()>& action, std::string_view part = {});
std::string message_of(const std::function<void()>& action);
std::string message_of(ErrorCode code, const std::function<void()>& action);

}  // namespace fcclip::test

/// EXPECT_ERROR(bad_format, "line 3", parse(text)): the code's name, a piece of the message, the
/// expression that throws.
#define EXPECT_ERROR(code, part, ...)                                       \
  EXPECT_TRUE(::fcclip::test::throws_error(::fcclip::ErrorCode::code, part, \
                                           [&] { static_cast<void>(__VA_ARGS__); }))
