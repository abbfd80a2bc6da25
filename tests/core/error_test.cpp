#include "fcclip/core/error.h"

#include <set>

#include <gtest/gtest.h>

namespace fcclip {
namespace {

struct Row {
  ErrorCode code;
  const char* name;
  int exit_status, http_status;
};

const Row kRows[] = {
    {ErrorCode::invalid_argument, "invalid_argument", 2, 400},
    {ErrorCode::shape_mismatch, "shape_mismatch", 1, 400},
    {ErrorCode::not_found, "not_found", 1, 404},
    {ErrorCode::io_failure, "io_failure", 1, 500},
    {ErrorCode::bad_format, "bad_format", 1, 415},
    {ErrorCode::unsafe_file, "unsafe_file", 1, 415},
    {ErrorCode::missing_tensor, "missing_tensor", 1, 415},
    {ErrorCode::unsupported, "unsupported", 1, 501},
    {ErrorCode::out_of_memory, "out_of_memory", 1, 507},
    {ErrorCode::interrupted, "interrupted", 130, 499},
    {ErrorCode::internal, "internal", 1, 500},
    {ErrorCode::diverged, "diverged", 1, 500},
    {ErrorCode::too_large, "too_large", 1, 413},
    {ErrorCode::partial_failure, "partial_failure", 1, 500},
    {ErrorCode::invalid_value, "invalid_value", 2, 422},
    {ErrorCode::unauthorized, "unauthorized", 1, 401},
    {ErrorCode::forbidden, "forbidden", 1, 403},
    {ErrorCode::not_allowed, "not_allowed", 1, 405},
    {ErrorCode::not_acceptable, "not_acceptable", 1, 406},
    {ErrorCode::overloaded, "overloaded", 1, 429},
    {ErrorCode::unavailable, "unavailable", 1, 503},
    {ErrorCode::timed_out, "timed_out", 1, 503},
};

class ErrorTable : public ::testing::TestWithParam<Row> {};

TEST_P(ErrorTable, GivesNameExitStatusAndHttpStatus) {
  const Row& row = GetParam();
  EXPECT_EQ(name(row.code), row.name);
  EXPECT_EQ(exit_status(row.code), row.exit_status);
  EXPECT_EQ(http_status(row.code), row.http_status);
}

INSTANTIATE_TEST_SUITE_P(EveryCode, ErrorTable, ::testing::ValuesIn(kRows),
                         [](const auto& tested) { return tested.param.name; });

TEST(Error, NamesAreDistinct) {
  std::set<std::string_view> names;
  for (const Row& row : kRows) names.insert(name(row.code));
  EXPECT_EQ(names.size(), std::size(kRows));
}

TEST(Error, FailJoinsItsPartsAndKeepsTheCode) {
  try {
    fail(ErrorCode::not_found, "no class ", 7, " in ", std::string("list"));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::not_found);
    EXPECT_STREQ(error.what(), "no class 7 in list");
  }
}

}  // namespace
}  // namespace fcclip
