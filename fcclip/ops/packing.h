#pragma once
// When, and for which products, weights are brought into the order in which a device reads them.

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/ops/products.h"

namespace fcclip::ops {

/// What costs little and loses much in these products: of bfloat16 and int8 the stem, of bfloat16 the
/// depthwise convolutions too, where they are rounded at all (LibTorch's operations, not kernels).
std::vector<std::string> usual_exact_parts(Products products);

/// Of all blocks of a model.
struct Packing {
  Packing(Products of = Products::float32) : products(of), exact_parts(usual_exact_parts(of)) {}
  Products products;
  /// Parts of the network that stay float32 whatever `products` says: "stem", "downsample1" to 3,
  /// "stage0" to 3, of each block "depthwise" with its norm, "encoder", "pyramid"; on GPUs "text".
  std::vector<std::string> exact_parts;
  /// A block is packed when it first runs, by the thread that comes first; its weights must stay as
  /// they are until then. What is wrong with them is said before. GPUs pack at once.
  bool at_first_use = false;
  /// Told of each large weight that was packed late: memory it lies in can be given back.
  std::function<void(const at::Tensor&)> packed_late = {};

  /// The same for one part.
  Packing of(std::string_view part) const;
};

/// What runs a block: its weights packed now, or at its first use (weights.packing says which). Copies
/// share what is packed.
///   large  one weight or more, all on the block's device
template <typename... Arguments, typename Result, typename Weights>
std::function<Result(Arguments...)> run_packed(
    std::function<Result(Arguments...)> (*pack)(const Weights&), const Weights& weights,
    const std::vector<at::Tensor>& large) {
  using Run = std::function<Result(Arguments...)>;
  if (!weights.packing.at_first_use || !large.front().is_cpu()) return pack(weights);
  struct Late {
    std::once_flag once;
    std::optional<Weights> weights;
    std::vector<at::Tensor> large;
    Run run;
  };
  auto late = std::make_shared<Late>();
  late->weights = weights;
  late->large = large;
  return [pack, late](Arguments... arguments) -> Result {
    std::call_once(late->once, [&] {
      late->run = pack(*late->weights);
      const auto done_with = late->weights->packing.packed_late;
      late->weights.reset();
      for (const at::Tensor& one : std::exchange(late->large, {})) {
        if (done_with) done_with(one);
      }
    });
    return late->run(std::forward<Arguments>(arguments)...);
  };
}

}  // namespace fcclip::ops
