#include "fcclip/ops/device_graph.h"

#include <chrono>
#include <cstdlib>
#include <thread>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/torch_cuda.h"
#include "fcclip/ops/cuda/graph.h"
#include "tests/support/errors.h"

namespace fcclip::ops {
namespace device_graph_test {

TEST(DeviceGraphs, AProcessorHasNone) {
  EXPECT_FALSE(graph_recorder(at::kCPU));
}

TEST(DeviceGraphs, TheVariableSwitchesThemOff) {
  const at::Device gpu(at::kCUDA, 0);
  setenv("FCCLIP_CUDA_GRAPHS", "0", 1);
  EXPECT_FALSE(graph_recorder(gpu));
  setenv("FCCLIP_CUDA_GRAPHS", "2", 1);
  EXPECT_ERROR(invalid_argument, "FCCLIP_CUDA_GRAPHS=2: expected 0 ", graph_recorder(gpu));
  setenv("FCCLIP_CUDA_GRAPHS", "no", 1);
  EXPECT_ERROR(invalid_argument, "FCCLIP_CUDA_GRAPHS", graph_recorder(gpu));
  unsetenv("FCCLIP_CUDA_GRAPHS");
}

// Every name that the module wants is in LibTorch's CUDA side: it is linked to be opened whole or not at all.
TEST(DeviceGraphs, TheModuleOpensBesideLibTorchsCudaSide) {
#ifndef FCCLIP_HAS_GRAPH_MODULE
  GTEST_SKIP() << "built without CUDA's headers";
#else
  if (open_torch_cuda().file.empty()) {
    EXPECT_EQ(cuda::graph_module_lack(), open_torch_cuda().failure);  // it was found, and not tried
    GTEST_SKIP() << open_torch_cuda().failure;
  }
  ASSERT_EQ(open_torch_cuda().failure, "");
  EXPECT_EQ(cuda::graph_module_lack(), "");
#endif
}

TEST(DeviceTurns, AreOneAfterTheOther) {
  int inside = 0, most = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      DeviceTurn turn(at::kCPU);
      most = std::max(most, ++inside);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      turn.wait();
      --inside;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(most, 1);
}

}  // namespace device_graph_test
}  // namespace fcclip::ops
