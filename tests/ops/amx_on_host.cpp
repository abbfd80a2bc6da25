#include "tests/ops/amx_on_host.h"

#include <cfloat>
#include <cmath>
#include <cstring>
#include <stdexcept>

namespace fcclip::ops::amx_on_host {
namespace {

constexpr int kTiles = 8, kMostRows = 16, kMostBytes = 64, kWords = kMostBytes / 4;

struct HostTile {
  int rows = 0, row_bytes = 0;
  unsigned char bytes[kMostRows][kMostBytes] = {};

  uint32_t word(int row, int index) const {
    uint32_t value;
    std::memcpy(&value, &bytes[row][4 * index], sizeof value);
    return value;
  }
  void set_word(int row, int index, uint32_t value) {
    std::memcpy(&bytes[row][4 * index], &value, sizeof value);
  }
};

struct Tiles {
  bool configured = false;
  int64_t products = 0;
  HostTile tiles[kTiles];
};

Tiles& of_this_thread() {
  static thread_local Tiles tiles;
  return tiles;
}

void refuse_if(bool wrong, const char* what) {
  if (wrong) throw std::logic_error(what);
}

HostTile& tile(int index) {
  Tiles& all = of_this_thread();
  refuse_if(!all.configured, "a tile is used before ldtilecfg");
  refuse_if(index < 0 || index >= kTiles, "there are eight tiles");
  refuse_if(all.tiles[index].rows == 0, "a tile is used that was not configured");
  return all.tiles[index];
}

float number(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

uint32_t bits(float value) {
  uint32_t as_bits;
  std::memcpy(&as_bits, &value, sizeof as_bits);
  return as_bits;
}

// DAZ and FTZ: a denormal number counts as a zero of its sign.
float flushed(float x) {
  return std::fabs(x) < FLT_MIN ? std::copysign(0.0f, x) : x;
}

// A tile's words as pairs of bfloat16, the first in the low half.
struct PairsOfTile {
  float first[kMostRows][kWords], second[kMostRows][kWords];
  explicit PairsOfTile(const HostTile& from) {
    for (int row = 0; row < from.rows; ++row) {
      for (int i = 0; i < from.row_bytes / 4; ++i) {
        first[row][i] = flushed(number(from.word(row, i) << 16));
        second[row][i] = flushed(number(from.word(row, i) & 0xffff0000u));
      }
    }
  }
};

}  // namespace

void load_config(const void* config) {
  unsigned char read[64];
  std::memcpy(read, config, sizeof read);
  refuse_if(read[0] != 1, "palette 1 alone is known");
  for (int i = 1; i < 16; ++i) refuse_if(read[i] != 0, "start_row and what is reserved must be 0");
  Tiles& all = of_this_thread();
  for (int i = 0; i < 16; ++i) {
    uint16_t row_bytes;
    std::memcpy(&row_bytes, read + 16 + 2 * i, sizeof row_bytes);
    const int rows = read[48 + i];
    refuse_if(i >= kTiles && (rows != 0 || row_bytes != 0), "there are eight tiles");
    refuse_if(rows > kMostRows || row_bytes > kMostBytes, "a tile is larger than 16 x 64 bytes");
    refuse_if((rows == 0) != (row_bytes == 0), "a tile has rows without bytes, or bytes alone");
    if (i < kTiles) all.tiles[i] = {rows, row_bytes};
  }
  all.configured = true;
}

void release() {
  Tiles& all = of_this_thread();
  for (HostTile& one : all.tiles) one = {};
  all.configured = false;
}

void zero(int index) {
  HostTile& one = tile(index);
  one = {one.rows, one.row_bytes};
}

void load(int index, const void* from, int64_t stride_bytes) {
  HostTile& to = tile(index);
  to = {to.rows, to.row_bytes};
  for (int row = 0; row < to.rows; ++row) {
    std::memcpy(to.bytes[row], static_cast<const char*>(from) + row * stride_bytes,
                static_cast<size_t>(to.row_bytes));
  }
}

void store(int index, void* to, int64_t stride_bytes) {
  const HostTile& from = tile(index);
  for (int row = 0; row < from.rows; ++row) {
    std::memcpy(static_cast<char*>(to) + row * stride_bytes, from.bytes[row],
                static_cast<size_t>(from.row_bytes));
  }
}

// First and second numbers of all pairs have a sum each, of fused multiply-adds; then both, then what the tile held.
void add_products(int sums_index, int rows_index, int columns_index) {
  HostTile& sums = tile(sums_index);
  const HostTile &a = tile(rows_index), &b = tile(columns_index);
  refuse_if(sums_index == rows_index || sums_index == columns_index || rows_index == columns_index,
            "three tiles must differ");
  refuse_if(sums.rows != a.rows || sums.row_bytes != b.row_bytes || a.row_bytes != 4 * b.rows,
            "shapes do not match");
  refuse_if(sums.row_bytes % 4 != 0 || a.row_bytes % 4 != 0, "rows of no whole pairs");
  const PairsOfTile x(a), w(b);
  const int columns = sums.row_bytes / 4, pairs = a.row_bytes / 4;
  for (int m = 0; m < sums.rows; ++m) {
    float first[kWords] = {}, second[kWords] = {};
    for (int k = 0; k < pairs; ++k) {
      for (int n = 0; n < columns; ++n) {
        first[n] = flushed(std::fma(x.first[m][k], w.first[k][n], first[n]));
        second[n] = flushed(std::fma(x.second[m][k], w.second[k][n], second[n]));
      }
    }
    for (int n = 0; n < columns; ++n) {
      const float before = flushed(number(sums.word(m, n)));
      sums.set_word(m, n, bits(flushed(before + flushed(first[n] + second[n]))));
    }
  }
  ++of_this_thread().products;
}

bool in_use() {
  return of_this_thread().configured;
}

int64_t products_added() {
  return of_this_thread().products;
}

}  // namespace fcclip::ops::amx_on_host
