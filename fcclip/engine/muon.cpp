#include "fcclip/engine/muon.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "fcclip/core/check.h"
#include "fcclip/core/round_up.h"
#include "fcclip/engine/momentum.h"

namespace fcclip::engine {
namespace {

constexpr int kIterations = 5;
// The odd polynomial ax + bx³ + cx⁵ that lifts small singular values fastest.
constexpr double kA = 3.4445, kB = -4.7750, kC = 2.0315;

// Tables, last layers and sampling offsets: their rows or columns do not mix.
bool is_special(std::string_view name) {
  for (const char* part : {"embedding", "level_embed", "classifier", "sampling_offsets"}) {
    if (name.find(part) != std::string_view::npos) return true;
  }
  return false;
}

// [R, C] with R <= C.
at::Tensor as_wide(const at::Tensor& weight) {
  const at::Tensor matrix = weight.flatten(1);
  return matrix.size(0) > matrix.size(1) ? matrix.t() : matrix;
}

at::Tensor as_stored(const at::Tensor& wide, const at::Tensor& weight) {
  const bool turned = weight.size(0) > weight.numel() / weight.size(0);
  return (turned ? wide.t() : wide).reshape(weight.sizes());
}

}  // namespace

at::Tensor orthogonal(const at::Tensor& matrices) {
  check_shape("matrices", matrices, {kAny, kAny, kAny});
  const at::Tensor norms = matrices.flatten(1).norm(2, 1).clamp_min(1e-7);
  at::Tensor x = matrices / norms.view({-1, 1, 1});
  for (int i = 0; i < kIterations; ++i) {
    const at::Tensor gram = x.bmm(x.transpose(1, 2));
    const at::Tensor mixed = at::baddbmm(gram, gram, gram, kB, kC);
    x = at::baddbmm(x, mixed, x, kA, 1);
  }
  return x;
}

bool is_mixing_matrix(const nn::Weight& weight) {
  return weight.role == nn::WeightRole::weight && weight.shape.size() >= 2 && weight.shape[0] > 1 &&
         weight.shape[1] > 1 && !is_special(weight.name);
}

Muon::Muon(std::vector<const nn::Weight*> weights, const MuonOptions& options,
           const Processes* processes)
    : weights_(std::move(weights)),
      options_(options),
      processes_(processes),
      momentum_(weights_.size()) {}

std::vector<at::Tensor> Muon::directions() {
  std::vector<at::Tensor> result(weights_.size()), gradients, momenta;
  std::vector<size_t> which;
  for (size_t i = 0; i < weights_.size(); ++i) {
    const at::Tensor& gradient = weights_[i]->member->grad();
    if (!gradient.defined()) continue;
    if (!momentum_[i].defined()) momentum_[i] = at::zeros_like(gradient);
    which.push_back(i);
    gradients.push_back(gradient);
    momenta.push_back(momentum_[i]);
  }
  if (which.empty()) return result;
  at::_foreach_lerp_(momenta, gradients, 1 - options_.momentum);
  const std::vector<at::Tensor> ahead = at::_foreach_lerp(gradients, momenta, options_.momentum);
  for (size_t k = 0; k < which.size(); ++k) result[which[k]] = as_wide(ahead[k]);
  return result;
}

// Like sizes together; each process its share, then all hear of all.
void Muon::orthogonalise(std::vector<at::Tensor>& directions) const {
  const int64_t processes = processes_ ? processes_->size() : 1;
  const int64_t rank = processes_ ? processes_->rank() : 0;
  std::map<std::pair<int64_t, int64_t>, std::vector<int64_t>> alike;
  for (size_t i = 0; i < directions.size(); ++i) {
    const at::Tensor& direction = directions[i];
    if (direction.defined()) alike[{direction.size(0), direction.size(1)}].push_back(i);
  }
  for (const auto& [size, members] : alike) {
    const int64_t count = std::ssize(members), share = divide_up(count, processes);
    std::vector<at::Tensor> mine;
    for (int64_t i = rank * share; i < (rank + 1) * share; ++i) {
      mine.push_back(directions[members[std::min(i, count - 1)]]);
    }
    const at::Tensor own = orthogonal(at::stack(mine));
    const at::Tensor all = processes > 1 ? at::cat(processes_->gather(own)) : own;
    for (int64_t i = 0; i < count; ++i) directions[members[i]] = all[i];
  }
}

void Muon::step(double learning_rate) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> moves = directions();
  orthogonalise(moves);
  for (size_t i = 0; i < weights_.size(); ++i) {
    if (!moves[i].defined()) continue;
    const auto longest = static_cast<double>(std::max(moves[i].size(0), moves[i].size(1)));
    at::Tensor& weight = *weights_[i]->member;
    weight.mul_(1 - learning_rate * options_.weight_decay);
    weight.sub_(as_stored(moves[i], weight),
                learning_rate * options_.update_rms * std::sqrt(longest));
  }
}

void Muon::save(std::map<std::string, at::Tensor>& tensors) const {
  save_momentum(weights_, momentum_, tensors);
}

void Muon::load(const std::map<std::string, at::Tensor>& tensors) {
  momentum_ = load_momentum(weights_, tensors);
}

}  // namespace fcclip::engine
