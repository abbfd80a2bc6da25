#include "fcclip/clip/prefix_tree.h"

#include <set>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace fcclip::clip {
namespace {

// The row that a path through the tree spells.
TokenRow spell(const PrefixTree& tree, int64_t node) {
  TokenRow row;
  for (int64_t l = 0; l < tree.paths.size(1); ++l) {
    const int32_t at = tree.paths[node][l].item<int32_t>();
    if (at < 0) break;
    EXPECT_EQ(tree.positions[at].item<int64_t>(), l);
    row.push_back(tree.tokens[at].item<int64_t>());
  }
  return row;
}

const std::vector<TokenRow> kRows = {{9, 1, 2, 8},    {9, 1, 3, 8}, {9, 1, 2, 8}, {9, 8},
                                     {9, 1, 2, 4, 8}, {7},          {9, 1, 2}};

TEST(PrefixTree, SpellsEveryRow) {
  const std::vector<PrefixTree> trees = build_prefix_trees(kRows, 100);
  ASSERT_EQ(trees.size(), 1u);
  const PrefixTree& tree = trees[0];
  ASSERT_EQ(tree.ends.size(0), std::ssize(kRows));
  for (int64_t n = 0; n < tree.ends.size(0); ++n) {
    EXPECT_EQ(spell(tree, tree.ends[n].item<int64_t>()), kRows[tree.texts[n].item<int64_t>()]);
  }
}

TEST(PrefixTree, HasEveryDistinctPrefixOnce) {
  std::set<TokenRow> prefixes;
  for (const TokenRow& row : kRows) {
    for (size_t n = 1; n <= row.size(); ++n) prefixes.insert({row.begin(), row.begin() + n});
  }
  const PrefixTree tree = build_prefix_trees(kRows, 100)[0];
  EXPECT_EQ(tree.tokens.size(0), std::ssize(prefixes));
  std::set<TokenRow> spelled;
  for (int64_t m = 0; m < tree.tokens.size(0); ++m) spelled.insert(spell(tree, m));
  EXPECT_EQ(spelled, prefixes);
}

TEST(PrefixTree, CutsKeepEveryTextAndTheBound) {
  for (const int64_t bound : {1, 5, 6, 7}) {
    std::multiset<int64_t> texts;
    for (const PrefixTree& tree : build_prefix_trees(kRows, bound)) {
      EXPECT_LE(tree.tokens.size(0), std::max<int64_t>(bound, 5));
      for (int64_t n = 0; n < tree.texts.size(0); ++n) {
        texts.insert(tree.texts[n].item<int64_t>());
        EXPECT_EQ(spell(tree, tree.ends[n].item<int64_t>()), kRows[tree.texts[n].item<int64_t>()]);
      }
    }
    EXPECT_EQ(texts, (std::multiset<int64_t>{0, 1, 2, 3, 4, 5, 6})) << bound;
  }
}

TEST(PrefixTree, NoRowsGiveNoTrees) {
  EXPECT_TRUE(build_prefix_trees({}, 10).empty());
}

}  // namespace
}  // namespace fcclip::clip
