#include "fcclip/serve/token_file.h"

#include <algorithm>
#include <fstream>

#include "fcclip/core/error.h"

namespace fcclip::serve {
namespace {

constexpr size_t kLeastToken = 16, kMostToken = 4096;

}  // namespace

std::string read_token(const std::string& path) {
  std::ifstream file(path);
  std::string token;
  if (!file || !std::getline(file, token))
    fail(ErrorCode::io_failure, path, ": cannot be read; put the token into its first line");
  while (!token.empty() && (token.back() == '\r' || token.back() == ' ')) token.pop_back();
  const bool is_plain = std::ranges::all_of(token, [](char c) { return c > ' ' && c < 127; });
  if (token.size() < kLeastToken || token.size() > kMostToken || !is_plain) {
    fail(ErrorCode::invalid_argument, path, ": a token has ", kLeastToken,
         " or more printable ASCII characters without blanks; openssl rand -hex 32 makes one");
  }
  return token;
}

}  // namespace fcclip::serve
