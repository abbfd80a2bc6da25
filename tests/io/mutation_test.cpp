// Every parser of untrusted files against seeded random damage: a result or an Error, nothing else.

#include <random>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/io/checkpoint.h"
#include "tests/io/handmade_checkpoint.h"

namespace fcclip::io {
namespace {

std::string mutate(std::string bytes, std::mt19937& random) {
  const auto below = [&](size_t n) { return static_cast<size_t>(random() % n); };
  const int changes = 1 + static_cast<int>(below(4));
  for (int i = 0; i < changes && !bytes.empty(); ++i) {
    const size_t at = below(bytes.size());
    switch (below(6)) {
      case 0:
        bytes[at] = static_cast<char>(random());
        break;
      case 1:
        bytes[at] ^= static_cast<char>(1 << below(8));
        break;
      case 2:
        bytes.erase(at, 1 + below(4));
        break;
      case 3:
        bytes.insert(at, 1 + below(3), static_cast<char>(random()));
        break;
      case 4:
        bytes.resize(at);
        break;
      default:
        bytes.replace(at, std::min<size_t>(4, bytes.size() - at), "\xff\xff\xff\x7f");
        break;
    }
  }
  return bytes;
}

class Mutation : public ::testing::TestWithParam<int> {};

TEST_P(Mutation, GivesAResultOrAnError) {
  const std::string seeds[] = {test::small_zip_checkpoint(), test::small_legacy_checkpoint(),
                               test::small_safetensors()};
  const std::string& seed = seeds[GetParam()];
  std::mt19937 random(2024);
  int refused = 0, read = 0;
  for (int i = 0; i < 2000; ++i) {
    const auto file = test::file_of(mutate(seed, random));
    try {
      const Checkpoint checkpoint = open_checkpoint(file);
      for (const auto& [name, tensor] : checkpoint.tensors) tensor.to(at::kDouble).sum();
      ++read;
    } catch (const Error& error) {
      EXPECT_NE(error.code(), ErrorCode::internal);
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
      ++refused;
    }
  }
  EXPECT_EQ(refused + read, 2000);
  EXPECT_GT(refused, 200);
}

INSTANTIATE_TEST_SUITE_P(Io, Mutation, ::testing::Values(0, 1, 2));

}  // namespace
}  // namespace fcclip::io
