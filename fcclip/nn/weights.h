#pragma once
// Weights are a table: checkpoint name -> member, shape, role. The same table loads, saves, fills
// and collects the parameters of a model, so a layer says only once what it is made of.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

namespace fcclip::nn {

/// What a weight is for the optimizer (weight decay is 0 on norms and embeddings) and for loading.
enum class WeightRole {
  weight,     ///< matrices, kernels, biases, scales
  norm,       ///< affine of LayerNorm, GroupNorm, BatchNorm
  embedding,  ///< rows looked up by index: queries, level and token embeddings
  statistic,  ///< BatchNorm running mean and variance: never trained
};

/// A row of the table.
struct Weight {
  std::string name;  ///< full name in a published checkpoint
  at::Tensor* member;
  std::vector<int64_t> shape;
  WeightRole role;

  /// Whether its name has this part: "mask_embed", ".linear1".
  bool is_of(std::string_view part) const { return name.find(part) != std::string::npos; }
  /// Numbers that one output of a matrix or a kernel is made of.
  double fan_in() const;
};

/// The weights of a model or of one of its parts. Rows point to members, which must not move.
class WeightTable {
 public:
  /// shape: of the tensor in a checkpoint, [out, in]; load_weights() makes `member` one of that
  /// shape.
  void add(std::string name, at::Tensor& member, std::vector<int64_t> shape,
           WeightRole role = WeightRole::weight);
  /// The rows of another table, whose members these stay.
  void append(const WeightTable& other);
  const std::vector<Weight>& rows() const { return rows_; }
  /// nullptr when there is none of this name.
  const Weight* find(std::string_view name) const;

 private:
  std::vector<Weight> rows_;
};

/// Where a tensor comes from, by its checkpoint name; an undefined tensor when there is none.
using WeightSource = std::function<at::Tensor(const std::string& name)>;

/// Sets every member from `source`, as float32 on `device` (no copy where it is that already).
/// Throws Error{missing_tensor} naming the tensor that is missing or not finite,
/// Error{shape_mismatch} naming the one of another shape.
void load_weights(const WeightTable& table, const WeightSource& source, at::Device device);

}  // namespace fcclip::nn
