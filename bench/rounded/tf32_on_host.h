#pragma once
// What a GPU's TF32 switch does to LibTorch's float32 products, on a processor.

namespace fcclip {

/// While it lives, both sides of this thread's float32 products and convolutions are rounded to TF32's 11 bits before LibTorch's
/// own operations multiply them; tensors of other types are left alone.
class Tf32OnHost {
 public:
  Tf32OnHost();
  Tf32OnHost(const Tf32OnHost&) = delete;
  Tf32OnHost& operator=(const Tf32OnHost&) = delete;
  ~Tf32OnHost();

 private:
  bool before_;
};

}  // namespace fcclip
