#pragma once
// Refusals: an Error of the right code whose message says what is wrong.

#include <functional>
#include <string_view>

#include <gtest/gtest.h>

#include "fcclip/core/error.h"

namespace fcclip::test {

/// `action` throws Error of `code`, whose one-line message holds `part`.
::testing::AssertionResult throws_error(ErrorCode code, std::string_view part,
                                        const std::function<void()>& action);

}  // namespace fcclip::test

/// EXPECT_ERROR(bad_format, "line 3", parse(text)): the code's name, a piece of the message, the
/// expression that throws.
#define EXPECT_ERROR(code, part, ...)                                       \
  EXPECT_TRUE(::fcclip::test::throws_error(::fcclip::ErrorCode::code, part, \
                                           [&] { static_cast<void>(__VA_ARGS__); }))
