#include "fcclip/core/boundary.h"

#include <filesystem>
#include <new>
#include <string>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace fcclip {
namespace {

template <typename Work>
Error translated(Work work) {
  try {
    translating_errors(work);
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return {ErrorCode::internal, ""};
}

TEST(Boundary, OwnErrorsPassUnchanged) {
  const Error error = translated([] { fail(ErrorCode::not_found, "no model 'x'"); });
  EXPECT_EQ(error.code(), ErrorCode::not_found);
  EXPECT_STREQ(error.what(), "no model 'x'");
}

TEST(Boundary, ResultsPassThrough) {
  EXPECT_EQ(translating_errors([] { return 7; }), 7);
}

TEST(Boundary, LibTorchsRefusedMemoryIsOutOfMemory) {
  const Error error = translated([] { at::empty({int64_t{1} << 60}, at::kByte); });
  EXPECT_EQ(error.code(), ErrorCode::out_of_memory) << error.what();
  EXPECT_EQ(std::string(error.what()).find("Allocator"), std::string::npos);
}

TEST(Boundary, StandardLibrarysRefusedMemoryIsOutOfMemory) {
  EXPECT_EQ(translated([] { throw std::bad_alloc(); }).code(), ErrorCode::out_of_memory);
}

TEST(Boundary, WhatAGpusLibrariesAreRefusedIsMemoryToo) {
  for (const char* text :
       {"CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED", "CUDA error: out of memory"}) {
    EXPECT_EQ(translated([&] { TORCH_CHECK(false, text); }).code(), ErrorCode::out_of_memory);
  }
  const auto refused = [](int32_t code) {
    return translated([&] {
      throw c10::AcceleratorError({__func__, __FILE__, uint32_t{__LINE__}}, code,
                                  "CUDA error: it says");
    });
  };
  EXPECT_EQ(refused(2).code(), ErrorCode::out_of_memory);
  EXPECT_EQ(refused(700).code(), ErrorCode::internal);
}

TEST(Boundary, AGpusRefusedMemorySaysHowMuchThereWas) {
  const Error error = translated([] {
    TORCH_CHECK_WITH(
        OutOfMemoryError, false,
        "CUDA out of memory. Tried to allocate 20.00 MiB. GPU 1 has a total capacity of ",
        "7.79 GiB of which 11.06 MiB is free. Process 7 has 2 GiB memory in use.");
  });
  EXPECT_EQ(error.code(), ErrorCode::out_of_memory);
  EXPECT_STREQ(
      error.what(),
      "GPU 1 is out of memory: 20.00 MiB wanted, 11.06 MiB of 7.79 GiB free; try a smaller "
      "picture, end what else uses it, or use cpu");
  const Error other = translated([] { TORCH_CHECK_WITH(OutOfMemoryError, false, "no room"); });
  EXPECT_EQ(other.code(), ErrorCode::out_of_memory);
  EXPECT_TRUE(std::string(other.what()).starts_with("the GPU is out of memory; "));
}

TEST(Boundary, AGpuThatLibTorchHasNoCodeForIsUnsupported) {
  const Error error = translated([] {
    TORCH_CHECK(false, "CUDA error: no kernel image is available for execution on the device");
  });
  EXPECT_EQ(error.code(), ErrorCode::unsupported);
}

TEST(Boundary, LibTorchsErrorsAreInternalAndOneLine) {
  const Error error = translated([] { at::ones({2, 3}).matmul(at::ones({2, 3})); });
  EXPECT_EQ(error.code(), ErrorCode::internal);
  EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
  EXPECT_TRUE(std::string(error.what()).starts_with("internal error: "));
}

TEST(Boundary, AnAllocationThatIsOnlySpokenOfIsNoLackOfMemory) {
  const Error error = translated([] { TORCH_CHECK(false, "tensors are allocated elsewhere"); });
  EXPECT_EQ(error.code(), ErrorCode::internal);
}

TEST(Boundary, FileSystemErrorsAreIoFailures) {
  const Error error = translated([] { return std::filesystem::file_size("/nonexistent/x"); });
  EXPECT_EQ(error.code(), ErrorCode::io_failure);
}

TEST(Boundary, OnlyWhatWasStoppedIsAnInterruption) {
  EXPECT_TRUE(is_interruption(Error(ErrorCode::interrupted, "stopped")));
  EXPECT_FALSE(is_interruption(Error(ErrorCode::timed_out, "late")));
  EXPECT_FALSE(is_interruption(std::runtime_error("interrupted")));
}

TEST(Boundary, WhatIsNoExceptionIsInternal) {
  EXPECT_EQ(translated([] { throw 7; }).code(), ErrorCode::internal);
}

}  // namespace
}  // namespace fcclip
