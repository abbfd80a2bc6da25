#include "fcclip/clip/prefix_tree.h"

#include <algorithm>
#include <numeric>

#include <ATen/ATen.h>

namespace fcclip::clip {
namespace {

int64_t common_prefix(const TokenRow& a, const TokenRow& b) {
  const auto differ = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return differ.first - a.begin();
}

// Rows come in lexicographic order: a new row shares nodes with the row before it only.
class TreeBuilder {
 public:
  bool empty() const { return texts_.empty(); }
  int64_t nodes_with(const TokenRow& row) const {
    return std::ssize(tokens_) + std::ssize(row) - common_prefix(row, last_);
  }
  void add(const TokenRow& row, int64_t index) {
    path_.resize(common_prefix(row, last_));
    for (size_t position = path_.size(); position < row.size(); ++position) {
      path_.push_back(static_cast<int32_t>(tokens_.size()));
      tokens_.push_back(row[position]);
      paths_.push_back(path_);
    }
    ends_.push_back(path_.back());
    texts_.push_back(index);
    last_ = row;
  }
  PrefixTree finish() const {
    size_t longest = 0;
    std::vector<int64_t> positions;
    for (const std::vector<int32_t>& path : paths_) {
      longest = std::max(longest, path.size());
      positions.push_back(std::ssize(path) - 1);
    }
    PrefixTree tree{at::tensor(tokens_, at::kLong), at::tensor(positions, at::kLong),
                    at::full({std::ssize(paths_), static_cast<int64_t>(longest)}, -1, at::kInt),
                    at::tensor(ends_, at::kLong), at::tensor(texts_, at::kLong)};
    int32_t* out = tree.paths.data_ptr<int32_t>();
    for (const std::vector<int32_t>& path : paths_) {
      std::copy(path.begin(), path.end(), out);
      out += longest;
    }
    return tree;
  }

 private:
  TokenRow last_;
  std::vector<int32_t> path_;  // nodes of last_
  std::vector<int64_t> tokens_, ends_, texts_;
  std::vector<std::vector<int32_t>> paths_;
};

}  // namespace

std::vector<PrefixTree> build_prefix_trees(const std::vector<TokenRow>& rows, int64_t max_nodes) {
  std::vector<int64_t> order(rows.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return rows[a] < rows[b]; });
  std::vector<PrefixTree> trees;
  TreeBuilder builder;
  for (const int64_t index : order) {
    if (!builder.empty() && builder.nodes_with(rows[index]) > max_nodes) {
      trees.push_back(builder.finish());
      builder = {};
    }
    builder.add(rows[index], index);
  }
  if (!builder.empty()) trees.push_back(builder.finish());
  return trees;
}

}  // namespace fcclip::clip
