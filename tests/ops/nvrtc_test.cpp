#include "fcclip/ops/cuda/nvrtc.h"

#include <cstring>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "fcclip/io/atomic_file.h"
#include "fcclip/ops/cuda/kernel_cache.h"
#include "tests/io/temporary_folder.h"
#include "tests/support/errors.h"

namespace fcclip::ops::cuda {
namespace nvrtc_test {

#define FCCLIP_NEEDS_NVRTC() \
  if (!Nvrtc::found().lack().empty()) GTEST_SKIP() << Nvrtc::found().lack()

constexpr int kArchitectures[] = {80, 86, 89, 90, 100};

TEST(Nvrtc, CompilesEveryKernelForEveryArchitecture) {
  FCCLIP_NEEDS_NVRTC();
  for (const KernelSource* source : kernel_sources()) {
    for (const int architecture : kArchitectures) {
      const std::string code = Nvrtc::found().compile(*source, architecture);
      EXPECT_TRUE(code.starts_with("\177ELF")) << architecture;
      for (const std::string& kernel : source->kernels) {
        EXPECT_NE(code.find(".text." + kernel), std::string::npos) << kernel << " " << architecture;
      }
    }
  }
}

TEST(Nvrtc, ANewerGpuGetsPtxOfTheNewestKnown) {
  FCCLIP_NEEDS_NVRTC();
  const Nvrtc& nvrtc = Nvrtc::found();
  const std::string code = nvrtc.compile(deform_attention_source(), 999);
  EXPECT_NE(code.find(".target sm_" + std::to_string(nvrtc.architectures().back())),
            std::string::npos);
}

TEST(Nvrtc, AnOldGpuAndABadSourceAreClearErrors) {
  FCCLIP_NEEDS_NVRTC();
  EXPECT_ERROR(unsupported, "the GPU is too old: its capability is 3.7",
               Nvrtc::found().compile(deform_attention_source(), 37));
  KernelSource bad = deform_attention_source();
  bad.main.text = "__global__ void f() { nosuch(); }";
  EXPECT_ERROR(internal, "CUDA kernels can't be compiled: ", Nvrtc::found().compile(bad, 90));
}

TEST(KernelCache, TheNameSaysSourceArchitectureAndCompiler) {
  const KernelSource& source = deform_attention_source();
  const auto file = compiled_kernel_file("/c", source, 90, "13.0");
  EXPECT_EQ(file.parent_path(), "/c/kernels");
  EXPECT_EQ(file, compiled_kernel_file("/c", source, 90, "13.0"));
  EXPECT_NE(file, compiled_kernel_file("/c", source, 80, "13.0"));
  EXPECT_NE(file, compiled_kernel_file("/c", source, 90, "12.8"));
  for (size_t i = 0; i <= source.headers.size(); ++i) {
    KernelSource other = source;
    const std::string changed =
        std::string(i == 0 ? source.main.text : source.headers[i - 1].text) + " ";
    (i == 0 ? other.main : other.headers[i - 1]).text = changed;
    EXPECT_NE(file, compiled_kernel_file("/c", other, 90, "13.0")) << i;
  }
}

TEST(KernelCache, CompilesOnceAndAgainWhatIsDamaged) {
  const test::TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "kernels/a.bin";
  int compiled = 0;
  const auto get = [&] {
    return cached_or_compiled(file, [&] { return "code " + std::to_string(++compiled); });
  };
  EXPECT_EQ(get(), "code 1");
  EXPECT_EQ(get(), "code 1");
  const std::string whole = io::read_file(file);
  // Cut short, a wrong byte, emptied, something else.
  for (std::string bad :
       {whole.substr(0, whole.size() - 1), whole.substr(0, 20), std::string(),
        std::string(4096, 'x'), "X" + whole.substr(1), whole.substr(0, whole.size() - 1) + "9"}) {
    const int before = compiled;
    io::write_atomically(file, bad);
    EXPECT_EQ(get(), "code " + std::to_string(before + 1));
    EXPECT_EQ(get(), "code " + std::to_string(before + 1));
  }
}

TEST(KernelCache, AFolderThatCannotBeWrittenCostsACompilation) {
  int compiled = 0;
  for (const std::optional<std::filesystem::path>& file :
       {std::optional<std::filesystem::path>(),
        std::optional<std::filesystem::path>("/proc/no/a")}) {
    EXPECT_EQ(cached_or_compiled(file, [&] { return ++compiled, std::string("code"); }), "code");
  }
  EXPECT_EQ(compiled, 2);
}

// Processes that all find nothing write at once, over and over; nobody ever reads half a file.
TEST(KernelCache, ProcessesMayWriteAtOnce) {
  const test::TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "kernels/a.bin";
  const std::string code(300000, 'k');
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      bool good = true;
      for (int round = 0; round < 50; ++round) {
        if (round % 5 == 0) ::unlink(file.c_str());
        good = good && cached_or_compiled(file, [&] { return code; }) == code;
        good = good && cached_or_compiled(file, [&] { return code; }) == code;
      }
      _exit(good ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  const auto files = std::filesystem::directory_iterator(file.parent_path());
  for (const auto& left : files) EXPECT_EQ(left.path().extension(), ".bin");
}

}  // namespace nvrtc_test
}  // namespace fcclip::ops::cuda
