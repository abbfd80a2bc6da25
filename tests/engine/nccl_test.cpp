#include "fcclip/engine/nccl.h"

#include <cstdlib>

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/distributed/c10d/HashStore.hpp>
#include <torch/csrc/distributed/c10d/reducer_timer.hpp>

#include "fcclip/core/device.h"
#include "fcclip/core/error.h"
#include "fcclip/core/torch_cuda.h"
#include "fcclip/engine/own_gpu.h"
#include "fcclip/engine/process_backends.h"
#include "fcclip/engine/processes.h"
#include "tests/support/errors.h"

namespace fcclip::engine {
namespace nccl_test {

// What it throws, which must be one line that says what to do.
template <typename Action>
std::string refusal(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    const std::string text = error.what();
    EXPECT_EQ(error.code(), ErrorCode::unsupported) << text;
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
    EXPECT_NE(text.find("; "), std::string::npos) << text;
    return text;
  }
  ADD_FAILURE() << "was not refused";
  return "";
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Every name that the module wants is in LibTorch's CUDA side: it is linked to be opened whole or not at all.
TEST(Nccl, TheModuleOpensBesideLibTorchsCudaSide) {
#ifndef FCCLIP_HAS_NCCL_MODULE
  EXPECT_TRUE(has(nccl_lack(), "libfcclip_nccl.so was not built; build with")) << nccl_lack();
#else
  if (open_torch_cuda().file.empty()) {
    EXPECT_TRUE(has(nccl_lack(), open_torch_cuda().failure))
        << nccl_lack();  // it was found, and not tried
    GTEST_SKIP() << open_torch_cuda().failure;
  }
  ASSERT_EQ(open_torch_cuda().failure, "");
  EXPECT_EQ(nccl_lack(), "");
  // c10d's Reducer asks for it when gradients of GPUs are to be exchanged.
  EXPECT_TRUE(c10d::TimerRegistry()->Has(c10::kCUDA));
#endif
}

TEST(Nccl, WhereItCantBeUsedOneLineSaysWhy) {
  if (nccl_lack().empty() && has_gpu()) GTEST_SKIP() << "it can be used here";
  const std::string why = refusal([] {
    make_nccl(c10::make_intrusive<c10d::HashStore>(), {0, 1, 1000});
  });
  EXPECT_TRUE(has(why, nccl_lack().empty() ? "NCCL can't be used: " : nccl_lack())) << why;
}

TEST(Nccl, AGpuAloneSumsAndLeaves) {
  if (!nccl_lack().empty()) GTEST_SKIP() << nccl_lack();
  if (!has_gpu()) GTEST_SKIP() << "no GPU";
  const at::Device gpu(at::kCUDA, 0);
  const auto group = make_process_group(c10::make_intrusive<c10d::HashStore>(), 0, 1, gpu);
  std::vector<at::Tensor> tensors = {at::full({3}, 2.5, at::TensorOptions(gpu))};
  group->allreduce(tensors)->wait();
  EXPECT_EQ(tensors[0].sum().item<double>(), 7.5);
  leave_process_group(*group, gpu);
}

TEST(OwnGpu, IsTheOneOfItsPlaceOrTheOnlyOneThatIsShown) {
  unsetenv("CUDA_VISIBLE_DEVICES");
  EXPECT_EQ(gpu_of_process(2, 4), 2);
  EXPECT_EQ(gpu_of_process(1, 1), 1);
  setenv("CUDA_VISIBLE_DEVICES", "0", 1);
  EXPECT_EQ(gpu_of_process(1, 1), 0);
  EXPECT_EQ(gpu_of_process(1, 2), 1);
  unsetenv("CUDA_VISIBLE_DEVICES");
}

TEST(OwnGpu, ThatIsNotThereIsSaidInOneLine) {
  const std::string why = refusal([] { take_own_gpu(90); });
  EXPECT_TRUE(has(why, "process 90 of this machine can't have cuda:90: ")) << why;
}

// A process of two, which joins nobody: what is wrong is known before.
class ProcessOfTwo : public ::testing::Test {
 protected:
  ProcessOfTwo() {
    for (const char* name : {"RANK", "LOCAL_RANK"}) setenv(name, "0", 1);
    setenv("WORLD_SIZE", "2", 1);
  }
  ~ProcessOfTwo() override {
    for (const char* name : {"RANK", "LOCAL_RANK", "WORLD_SIZE"}) unsetenv(name);
  }
};

TEST_F(ProcessOfTwo, NamesTheVariableThatIsMissing) {
  EXPECT_ERROR(invalid_argument, "MASTER_ADDR is missing", Processes::join(at::kCPU));
}

TEST_F(ProcessOfTwo, AsksForItsGpuBeforeItMeetsTheOthers) {
  if (has_gpu()) GTEST_SKIP() << "there is a GPU";
  refusal([] { Processes::join(at::kCUDA); });
}

}  // namespace nccl_test
}  // namespace fcclip::engine
