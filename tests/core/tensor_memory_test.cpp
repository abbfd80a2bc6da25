#include "fcclip/core/tensor_memory.h"

#include <thread>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace fcclip {
namespace tensor_memory_test {

TEST(TensorMemory, CountsWhatIsNewAndAlive) {
  at::Tensor older = at::zeros({1000});
  const TensorMemory memory(at::kCPU);
  EXPECT_EQ(memory.now(), 0);
  const at::Tensor a = at::zeros({100});
  {
    const at::Tensor b = at::zeros({50}, at::kDouble);
    EXPECT_EQ(memory.now(), 800);
  }
  EXPECT_EQ(memory.now(), 400);
  older.reset();
  EXPECT_EQ(memory.now(), 400);
  EXPECT_EQ(memory.peak(), 800);
}

TEST(TensorMemory, OtherThreadsAndTimesAreNotCounted) {
  at::Tensor later;
  {
    const TensorMemory memory(at::kCPU);
    std::thread([] { at::zeros({100}); }).join();
    EXPECT_EQ(memory.peak(), 0);
    later = at::zeros({100});
  }
  later.reset();
  const TensorMemory memory(at::kCPU);
  EXPECT_EQ(memory.peak(), 0);
}

TEST(TensorMemory, ABackwardPassIsCounted) {
  const at::Tensor x = at::ones({1000}).requires_grad_();
  const TensorMemory memory(at::kCPU);
  const at::Tensor loss = (x * x).sum();
  EXPECT_EQ(memory.now(), 4);  // the sum; the product is saved nowhere
  loss.backward();
  EXPECT_EQ(memory.now(), 4004);  // and the gradient
  EXPECT_GE(memory.peak(), 8000);
}

}  // namespace tensor_memory_test
}  // namespace fcclip
