#include "fcclip/core/error.h"

#include <array>

namespace fcclip {
namespace {

struct Row {
  ErrorCode code;
  std::string_view name;
  int exit_status;
  int http_status;
};

constexpr std::array kTable = {
    Row{ErrorCode::invalid_argument, "invalid_argument", 2, 400},
    Row{ErrorCode::shape_mismatch, "shape_mismatch", 1, 400},
    Row{ErrorCode::not_found, "not_found", 1, 404},
    Row{ErrorCode::io_failure, "io_failure", 1, 500},
    Row{ErrorCode::bad_format, "bad_format", 1, 415},
    Row{ErrorCode::too_large, "too_large", 1, 413},
    Row{ErrorCode::unsafe_file, "unsafe_file", 1, 415},
    Row{ErrorCode::missing_tensor, "missing_tensor", 1, 415},
    Row{ErrorCode::unsupported, "unsupported", 1, 501},
    Row{ErrorCode::out_of_memory, "out_of_memory", 1, 507},
    Row{ErrorCode::interrupted, "interrupted", 130, 499},
    Row{ErrorCode::diverged, "diverged", 1, 500},
    Row{ErrorCode::partial_failure, "partial_failure", 1, 500},
    Row{ErrorCode::invalid_value, "invalid_value", 2, 422},
    Row{ErrorCode::unauthorized, "unauthorized", 1, 401},
    Row{ErrorCode::forbidden, "forbidden", 1, 403},
    Row{ErrorCode::not_allowed, "not_allowed", 1, 405},
    Row{ErrorCode::not_acceptable, "not_acceptable", 1, 406},
    Row{ErrorCode::overloaded, "overloaded", 1, 429},
    Row{ErrorCode::unavailable, "unavailable", 1, 503},
    Row{ErrorCode::timed_out, "timed_out", 1, 503},
    Row{ErrorCode::internal, "internal", 1, 500},
};

const Row& row(ErrorCode code) {
  for (const Row& candidate : kTable) {
    if (candidate.code == code) return candidate;
  }
  return kTable.back();
}

}  // namespace

std::string_view name(ErrorCode code) {
  return row(code).name;
}
int exit_status(ErrorCode code) {
  return row(code).exit_status;
}
int http_status(ErrorCode code) {
  return row(code).http_status;
}

}  // namespace fcclip
