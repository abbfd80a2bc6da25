#include "fcclip/core/hash.h"

#include <set>

#include <gtest/gtest.h>

namespace fcclip {
namespace {

// What `xxhsum -H2` prints.
TEST(Hash, IsXxh3) {
  EXPECT_EQ(hex(hash_text("")), "99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(hex(hash_text("abc")), "06b05ab6733a618578af5f94892f3950");
  EXPECT_EQ(hex(hash_text(std::string(1000, 'x'))), "50a1af5a5f2dcf01c0a4877b962cba82");
}

// Of all the lengths at which XXH3 takes another way.
TEST(Hash, ChangesWithEveryByteAndLength) {
  std::set<Hash> seen;
  size_t hashes = 0;
  for (const size_t size : {0, 1, 3, 4, 8, 9, 16, 17, 128, 129, 240, 241, 256, 257, 1024, 1025}) {
    std::string text(size, 'a');
    for (const Hash seed : {Hash{}, Hash{1, 0}, Hash{0, 1}, Hash{1, 1}}) {
      seen.insert(hash_text(text, seed));
      for (char& c : text) {
        c ^= 1;
        seen.insert(hash_text(text, seed));
        c ^= 1;
      }
      hashes += 1 + size;
    }
  }
  EXPECT_EQ(seen.size(), hashes);
}

// Lists of texts are hashed one after another, each with the hash so far.
TEST(Hash, ChainsKeepTheirPartsApart) {
  EXPECT_NE(hash_text("c", hash_text("ab")), hash_text("bc", hash_text("a")));
  EXPECT_NE(hash_text("b", hash_text("a")), hash_text("a", hash_text("b")));
  EXPECT_NE(hash_text("", hash_text("a")), hash_text("a"));
}

}  // namespace
}  // namespace fcclip
