#pragma once
// Several processes, one training: c10d under torchrun's environment variables.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace fcclip::engine {

/// The group of processes that train together; alone when none says how many there are, or 1.
class Processes {
 public:
  /// Joins by RANK, WORLD_SIZE, LOCAL_RANK (torchrun) or what srun and Open MPI's mpirun set in
  /// their place, and MASTER_ADDR, MASTER_PORT. Gloo on CPUs, NCCL on CUDA devices, of which each
  /// process makes its own the current one. Throws Error{invalid_argument} for a variable that is
  /// missing or wrong, Error{unsupported} for a GPU that can't be used or a build without NCCL,
  /// Error{io_failure} when the others do not come.
  static Processes join(at::DeviceType device);
  /// One process.
  Processes();
  ~Processes();
  Processes(Processes&&) noexcept;
  Processes& operator=(Processes&&) noexcept;

  int64_t rank() const { return rank_; }
  /// This process's own GPU, where several train on GPUs; else the CPU.
  at::Device device() const;
  int64_t size() const { return size_; }
  bool is_first() const { return rank_ == 0; }

  /// Sums over all processes, in place. No gradient.
  void sum(at::Tensor& tensor) const;
  double sum(double value) const;
  /// Every process's tensor (equal shapes), in rank order. No gradient.
  std::vector<at::Tensor> gather(const at::Tensor& tensor) const;
  /// Rank 0's tensor to all, in place.
  void broadcast(at::Tensor& tensor) const;
  void barrier() const;
  /// Any process said true.
  bool any(bool value) const;

  /// Registers leaves whose gradients are to be the mean over all processes, in buckets that are
  /// reduced while backward still runs (c10d::Reducer). Called once.
  void watch(const std::vector<at::Tensor>& parameters);
  /// Around every backward that is to be reduced: before it, with the loss. Without it gradients
  /// stay local (accumulation).
  void prepare_backward(const at::Tensor& loss) const;

 private:
  struct Group;
  int64_t rank_ = 0, size_ = 1;
  std::unique_ptr<Group> group_;
};

}  // namespace fcclip::engine
