#pragma once
// Texts as a tree of their distinct prefixes, cut into batches of bounded size.

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace fcclip::clip {

using TokenRow = std::vector<int64_t>;

/// The distinct prefixes of some texts. A node is a token at a position behind its parent's prefix.
struct PrefixTree {
  at::Tensor tokens;     ///< [M] int64
  at::Tensor positions;  ///< [M] int64, the root's is 0
  at::Tensor paths;      ///< [M, L] int32: the nodes from the root to node m, then -1
  at::Tensor ends;       ///< [N] int64: the node where each text ends
  at::Tensor texts;      ///< [N] int64: which of the given rows each text is
};

/// Every row appears in exactly one tree. Rows that share beginnings are neighbours, so cutting
/// into trees of at most `max_nodes` nodes (or one row, where that is longer) repeats only one path
/// a cut. Rows must not be empty.
std::vector<PrefixTree> build_prefix_trees(const std::vector<TokenRow>& rows, int64_t max_nodes);

}  // namespace fcclip::clip
