#include "fcclip/cli/failure.h"

#include <new>
#include <stdexcept>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"

namespace fcclip::cli {
namespace {

// The exception that `act` throws, as the program would tell it about this picture.
template <typename Act>
std::string told(const Act& act, const std::string& about = "in/a.png") {
  try {
    act();
  } catch (const std::exception& error) {
    return failure_line(error, about);
  }
  return "";
}

TEST(Failure, ThePictureIsNamedOnce) {
  EXPECT_EQ(told([] { fail(ErrorCode::bad_format, "cut off"); }), "in/a.png: cut off");
  EXPECT_EQ(told([] { fail(ErrorCode::bad_format, "in/a.png is cut"); }), "in/a.png is cut");
}

TEST(Failure, LibTorchsMessagesAreOneLine) {
  const std::string line = told([] { at::ones({2, 3}).matmul(at::ones({2, 3})); });
  EXPECT_EQ(line.find("in/a.png: internal error: "), 0) << line;
  EXPECT_EQ(line.find('\n'), std::string::npos) << line;
}

TEST(Failure, MemoryIsToldInWords) {
  EXPECT_EQ(told([] { throw std::bad_alloc(); }),
            "in/a.png: out of memory; try a smaller --short-side or fewer classes");
  EXPECT_EQ(told([] { at::empty({int64_t{1} << 46}); }),
            "in/a.png: out of memory; try a smaller --short-side or fewer classes");
}

TEST(Failure, ControlCharactersOfNamesAreSeen) {
  EXPECT_EQ(told([] { fail(ErrorCode::not_found, "can't open a\nb\x1b[2J.png"); }, ""),
            "can't open a\\nb\\x1b[2J.png");
  EXPECT_EQ(visible_text("h\xc3\xa9t\xc3\xa9\r"), "h\xc3\xa9t\xc3\xa9\\r");
}

TEST(Failure, Statuses) {
  EXPECT_EQ(failure_status(Error(ErrorCode::invalid_argument, "")), 2);
  EXPECT_EQ(failure_status(Error(ErrorCode::interrupted, "")), 130);
  EXPECT_EQ(failure_status(std::bad_alloc()), 1);
}

}  // namespace
}  // namespace fcclip::cli
