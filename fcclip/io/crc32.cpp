#include "fcclip/io/crc32.h"

#include <array>
#include <bit>
#include <cstring>

namespace fcclip::io {
namespace {

// kTables[k][b]: what byte b does to the remainder when k more bytes follow it, so that eight bytes
// are taken at once.
constexpr std::array<std::array<uint32_t, 256>, 8> make_tables() {
  std::array<std::array<uint32_t, 256>, 8> tables{};
  for (uint32_t b = 0; b < 256; ++b) {
    uint32_t rest = b;
    for (int bit = 0; bit < 8; ++bit) rest = rest >> 1 ^ ((rest & 1) != 0 ? 0xEDB88320u : 0u);
    tables[0][b] = rest;
  }
  for (size_t k = 1; k < 8; ++k) {
    for (size_t b = 0; b < 256; ++b) {
      const uint32_t before = tables[k - 1][b];
      tables[k][b] = before >> 8 ^ tables[0][before & 255];
    }
  }
  return tables;
}

constexpr auto kTables = make_tables();

}  // namespace

uint32_t crc32(std::span<const std::byte> bytes) {
  static_assert(std::endian::native == std::endian::little);
  uint32_t rest = 0xFFFFFFFF;
  size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    uint32_t low, high;
    std::memcpy(&low, bytes.data() + i, 4);
    std::memcpy(&high, bytes.data() + i + 4, 4);
    low ^= rest;
    rest = kTables[7][low & 255] ^ kTables[6][low >> 8 & 255] ^ kTables[5][low >> 16 & 255] ^
           kTables[4][low >> 24] ^ kTables[3][high & 255] ^ kTables[2][high >> 8 & 255] ^
           kTables[1][high >> 16 & 255] ^ kTables[0][high >> 24];
  }
  for (; i < bytes.size(); ++i) {
    rest = rest >> 8 ^ kTables[0][(rest ^ std::to_integer<uint32_t>(bytes[i])) & 255];
  }
  return ~rest;
}

}  // namespace fcclip::io
