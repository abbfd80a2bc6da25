#include "fcclip/ops/tf32_scope.h"

#include <atomic>
#include <thread>
#include <vector>

#include <ATen/Context.h>
#include <gtest/gtest.h>

namespace fcclip::ops {
namespace tf32_scope_test {

// Products, convolutions: as LibTorch has them, and put back at the end.
struct Switches {
  bool products = at::globalContext().allowTF32CuBLAS();
  bool convolutions = at::globalContext().allowTF32CuDNN();
  bool operator==(const Switches&) const = default;
};

const at::Device kGpu(at::kCUDA, 0);

TEST(Tf32Scope, FollowsTheProductsAndIsPutBack) {
  const Switches before;
  for (const Products products :
       {Products::float32, Products::tf32, Products::bfloat16, Products::float16}) {
    {
      const Tf32Scope scope(products, kGpu);
      const bool allowed = products != Products::float32;
      EXPECT_EQ(Tf32Scope::rounds(products, kGpu), allowed);
      EXPECT_EQ(Switches(), (Switches{allowed, allowed})) << name(products);
    }
    EXPECT_EQ(Switches(), before);
  }
}

// As torch.backends.cuda.matmul.fp32_precision does it: LibTorch's older question then throws.
TEST(Tf32Scope, WhoSetTheNewerSwitchAloneIsUnderstood) {
  at::Context& torch = at::globalContext();
  const Switches before;
  torch.setFloat32Precision(at::Float32Backend::CUDA, at::Float32Op::MATMUL,
                            at::Float32Precision::TF32);
  {
    const Tf32Scope scope(Products::float32, kGpu);
    EXPECT_EQ(Switches(), (Switches{false, false}));
  }
  EXPECT_EQ(Switches(), (Switches{true, before.convolutions}));
  torch.setAllowTF32CuBLAS(before.products);
  EXPECT_EQ(Switches(), before);
}

TEST(Tf32Scope, IsNothingOnAProcessor) {
  const Switches before;
  EXPECT_FALSE(Tf32Scope::rounds(Products::tf32, at::kCPU));
  const Tf32Scope scope(Products::tf32, at::kCPU);
  EXPECT_EQ(Switches(), before);
}

TEST(Tf32Scope, WithinAScopeOneThreadOpensMoreWithoutWaiting) {
  const Tf32Scope outer(Products::tf32, kGpu);
  {
    const Tf32Scope inner(Products::float32, kGpu);
    EXPECT_TRUE(Switches().products);
  }
  EXPECT_TRUE(Switches().products);
}

TEST(Tf32Scope, ThreadsOfBothKindsNeverMeet) {
  const Switches before;
  std::atomic<int> inside[2] = {0, 0}, wrong = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&, allowed = i % 2 == 0] {
      for (int round = 0; round < 300; ++round) {
        const Tf32Scope scope(allowed ? Products::tf32 : Products::float32, kGpu);
        ++inside[allowed];
        if (inside[!allowed] != 0 || Switches().products != allowed) ++wrong;
        std::this_thread::yield();
        --inside[allowed];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(Switches(), before);
}

}  // namespace tf32_scope_test
}  // namespace fcclip::ops
