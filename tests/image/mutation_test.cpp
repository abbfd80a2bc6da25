// Damaged pictures: each either decodes or throws Error{bad_format}; nothing else, and no bad
// memory access (the sanitizer build runs this too).

#include <random>

#include "tests/image/pictures.h"

namespace fcclip::image {
namespace {

using Random = std::mt19937_64;

size_t pick(Random& random, size_t below) {
  return static_cast<size_t>(random() % below);
}

std::string mutated(std::string bytes, Random& random) {
  const size_t changes = 1 + pick(random, 4);
  for (size_t i = 0; i < changes && !bytes.empty(); ++i) {
    const size_t at = pick(random, bytes.size());
    switch (pick(random, 6)) {
      case 0:
        bytes[at] = static_cast<char>(random());
        break;
      case 1:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << pick(random, 8)));
        break;
      case 2:  // lengths and offsets like extremes
        bytes[at] = static_cast<char>(pick(random, 2) == 0 ? 0xff : 0x00);
        break;
      case 3:
        bytes.erase(at, 1 + pick(random, 16));
        break;
      case 4:
        bytes.insert(at, bytes.substr(pick(random, bytes.size()), 1 + pick(random, 16)));
        break;
      default:
        bytes.resize(at);
    }
  }
  return bytes;
}

/// 1 when the bytes were read, 0 when they were refused properly.
int try_to_read(const std::string& bytes) {
  try {
    const at::Tensor rgb = decode_rgb(bytes, "mutant");
    EXPECT_EQ(rgb.dim(), 3);
    EXPECT_EQ(rgb.size(2), 3);
    return 1;
  } catch (const Error& error) {
    EXPECT_TRUE(error.code() == ErrorCode::bad_format || error.code() == ErrorCode::too_large)
        << error.what();
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
    return 0;
  }
}

class Mutants : public ::testing::TestWithParam<std::string> {};

TEST_P(Mutants, AreReadOrRefused) {
  const std::string original = test::picture_bytes(GetParam());
  Random random(original.size());
  constexpr int kMutants = 150;
  int read = 0;
  for (int i = 0; i < kMutants; ++i) read += try_to_read(mutated(original, random));
  EXPECT_LT(read, kMutants) << "no mutant was refused";
}

std::vector<std::string> fixture_names() {
  std::vector<std::string> names;
  const nlohmann::json expected = test::expected_pictures();
  for (const auto& [name, pixels] : expected.items()) {
    // One of the eight orientations is enough.
    if (name.rfind("exif", 0) != 0 || name == "exif6.jpg" || name == "exif6.png")
      names.push_back(name);
  }
  return names;
}

std::string test_name(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Fixtures, Mutants, ::testing::ValuesIn(fixture_names()), test_name);

}  // namespace
}  // namespace fcclip::image
