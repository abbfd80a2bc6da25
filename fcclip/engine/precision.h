#pragma once
// Mixed precision: autocast regions, and loss scaling for float16.

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace fcclip::engine {

/// What matrices are multiplied in.
enum class Precision { float32, bfloat16, float16 };

/// "float32", "bfloat16", "float16" or "auto" (bfloat16 on CUDA: the paper's float16 without its overflows; float32 on a CPU).
/// Throws Error{invalid_argument}; Error{unsupported} for float16 on a CPU.
Precision parse_precision(const std::string& name, at::DeviceType device);

/// Matrix products inside run in the precision's dtype, as torch's autocast decides.
class AutocastRegion {
 public:
  AutocastRegion(Precision precision, at::DeviceType device);
  ~AutocastRegion();
  AutocastRegion(const AutocastRegion&) = delete;
  AutocastRegion& operator=(const AutocastRegion&) = delete;

 private:
  at::DeviceType device_;
  bool active_, before_ = false;
  at::ScalarType dtype_before_ = at::kFloat;
};

/// Keeps float16 gradients above zero: the loss is multiplied, gradients are divided before the
/// step; a step whose gradients overflow is left out and the scale halved, after 2,000 good ones it
/// is doubled. Does nothing (scale 1) for the other precisions.
class LossScaler {
 public:
  explicit LossScaler(Precision precision);
  /// loss: one number.
  at::Tensor scale(const at::Tensor& loss) const { return scale_ == 1 ? loss : loss * scale_; }
  /// Divides the gradients; a GPU is not waited for. Returns one number beside them, above 0 when
  /// one is not finite: the step must be skipped. Undefined where nothing is scaled.
  at::Tensor unscale(const std::vector<at::Tensor>& parameters) const;
  /// Chooses the next step's scale. finite: all gradients of this one were.
  void react(bool finite);
  double value() const { return scale_; }
  int64_t good_steps() const { return good_steps_; }
  void restore(double value, int64_t good_steps);

 private:
  bool active_;
  double scale_;
  int64_t good_steps_ = 0;
};

}  // namespace fcclip::engine
