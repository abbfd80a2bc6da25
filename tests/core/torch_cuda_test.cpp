#include "fcclip/core/torch_cuda.h"

#include <ATen/Context.h>
#include <gtest/gtest.h>

#include "fcclip/core/device.h"
#include "tests/support/errors.h"

namespace fcclip {
namespace torch_cuda_test {

CudaDriver driver_of(int cuda, const std::vector<int>& architectures) {
  CudaDriver driver;
  driver.cuda = cuda;
  driver.release = "580.95.05";
  for (const int architecture : architectures) driver.gpus.push_back({"Some GPU", 1, architecture});
  return driver;
}

const TorchCuda kTorch13 = {"/t/libtorch_cuda.so", "", 13000};

struct Lack {
  CudaDriver driver;
  TorchCuda torch;
  int64_t index;
  std::string says;
};

TEST(LackOfGpu, OneLineForEachReason) {
  CudaDriver none;
  none.failure = "the NVIDIA driver sees no GPU";
  const Lack lacks[] = {
      {none, {}, 0, "the NVIDIA driver sees no GPU"},
      {driver_of(13000, {90}), kTorch13, 1, "there is one GPU, cuda:0"},
      {driver_of(13000, {90, 90}), kTorch13, 2, "there are 2 GPUs, cuda:0 to cuda:1"},
      {driver_of(13000, {90}), {"", "LibTorch is a CPU build", 0}, 0, "install a CUDA build of it"},
      {driver_of(13000, {90}),
       {"/t", "libcudnn.so.9: cannot open", 0},
       0,
       "(libcudnn.so.9: cannot open); install the whole wheel with NVIDIA's packages"},
      {driver_of(12080, {90}), kTorch13, 0,
       "the NVIDIA driver 580.95.05 is too old: it runs CUDA 12.8 and LibTorch"},
      {driver_of(13000, {90, 61}), kTorch13, 1,
       "GPU 1 (Some GPU, capability 6.1) is too old: CUDA 13.0 begins at 7.5"}};
  for (const Lack& lack : lacks) {
    const std::string said = lack_of_gpu(lack.driver, lack.torch, lack.index);
    EXPECT_NE(said.find(lack.says), std::string::npos) << said;
    EXPECT_EQ(said.find('\n'), std::string::npos);
  }
}

TEST(LackOfGpu, NothingSpeaksAgainstOneThatFits) {
  EXPECT_EQ(lack_of_gpu(driver_of(13000, {75}), kTorch13, 0), "");
  // Within a major version older drivers run newer releases.
  EXPECT_EQ(lack_of_gpu(driver_of(13000, {90}), {"/t", "", 13020}, 0), "");
  EXPECT_EQ(lack_of_gpu(driver_of(13000, {61}), {"/t", "", 12060}, 0), "");
}

TEST(ParseDevice, AGpuThatIsNotThereIsRefusedWithTheReason) {
  if (has_gpu()) GTEST_SKIP() << "there is a GPU";
  EXPECT_ERROR(unsupported, "device 'cuda' is not available: ", parse_device("cuda"));
  EXPECT_ERROR(unsupported, "use cpu", parse_device("cuda:3"));
  EXPECT_TRUE(parse_device("cpu").is_cpu());
}

// LibTorch keeps its first answer about CUDA, and an exception of its CUDA side would end a program
// that wants none.
TEST(OpenTorchCuda, LeavesTheProcessorAsItWas) {
  const TorchCuda& torch = open_torch_cuda();
  if (torch.file.empty()) {
    EXPECT_NE(torch.failure.find("is a CPU build"), std::string::npos);
    EXPECT_EQ(torch.cuda, 0);
  } else if (torch.failure.empty()) {
    EXPECT_GE(torch.cuda, 12000);
  }
  EXPECT_EQ(at::hasCUDA(), has_gpu());
}

TEST(Versions, AsPeopleWriteThem) {
  EXPECT_EQ(cuda_version_text(13000), "13.0");
  EXPECT_EQ(cuda_version_text(12080), "12.8");
  EXPECT_EQ(architecture_text(90), "9.0");
  EXPECT_EQ(architecture_text(103), "10.3");
}

}  // namespace torch_cuda_test
}  // namespace fcclip
