#include "fcclip/ops/cuda/nvrtc.h"

#include <algorithm>
#include <filesystem>

#include <ATen/Context.h>

#include "fcclip/core/cuda_driver.h"
#include "fcclip/core/error.h"

namespace fcclip::ops::cuda {
namespace {

// NVRTC's interface (its documentation): functions give an error number, 0 for success; a program is
// a pointer to something of its own.
using Program = void*;
using Create = int(Program*, const char* text, const char* name, int headers,
                   const char* const* header_texts, const char* const* header_names);
using Compile = int(Program, int options, const char* const* option_texts);
using SizeOf = int(Program, size_t*);
using Bytes = int(Program, char*);

// Newest first, without those whose code the driver would not load. No driver: all.
std::vector<std::string> names() {
  const int driver = ask_cuda_driver().cuda;
  std::vector<std::string> names;
  for (const int major : {13, 12}) {
    if (driver == 0 || driver >= 1000 * major) {
      names.push_back("libnvrtc.so." + std::to_string(major));
    }
  }
  return names;
}

std::vector<std::string> places() {
  namespace fs = std::filesystem;
  const std::vector<std::string> known = names();
  std::vector<std::string> all = known;
  std::vector<fs::path> folders;
  const fs::path torch = file_of_address(reinterpret_cast<const void*>(&at::globalContext));
  std::error_code ignored;
  // <site-packages>/torch/lib/libtorch_cpu.so and <site-packages>/nvidia/<package>/lib
  const fs::path packages = torch.parent_path().parent_path().parent_path() / "nvidia";
  for (const auto& package : fs::directory_iterator(packages, ignored)) {
    folders.push_back(package.path() / "lib");
  }
  for (const char* part : {"lib64", "lib"}) folders.push_back(fs::path("/usr/local/cuda") / part);
  for (const std::string& name : known) {
    for (const fs::path& folder : folders) {
      if (fs::exists(folder / name, ignored)) all.push_back((folder / name).string());
    }
  }
  return all;
}

// One compilation; destroys what NVRTC made for it.
class Compilation {
 public:
  Compilation(const SharedLibrary& nvrtc, const KernelSource& source) : nvrtc_(nvrtc) {
    std::vector<std::string> texts;  // with a zero at the end
    for (const SourceText& header : source.headers) texts.emplace_back(header.text);
    std::vector<const char*> names, bodies;
    for (const SourceText& header : source.headers) names.push_back(header.name.c_str());
    for (const std::string& text : texts) bodies.push_back(text.c_str());
    check(nvrtc.function<Create>("nvrtcCreateProgram")(
        &program_, std::string(source.main.text).c_str(), source.main.name.c_str(),
        static_cast<int>(names.size()), bodies.data(), names.data()));
  }
  Compilation(const Compilation&) = delete;
  Compilation& operator=(const Compilation&) = delete;
  ~Compilation() { nvrtc_.function<int(Program*)>("nvrtcDestroyProgram")(&program_); }

  void run(const std::vector<std::string>& options) {
    std::vector<const char*> texts;
    for (const std::string& option : options) texts.push_back(option.c_str());
    check(nvrtc_.function<Compile>("nvrtcCompileProgram")(program_, static_cast<int>(texts.size()),
                                                          texts.data()));
  }

  /// what: "CUBIN", "PTX" or "ProgramLog"
  std::string bytes(const std::string& what) const {
    size_t size = 0;
    auto* const ask = nvrtc_.function<SizeOf>(("nvrtcGet" + what + "Size").c_str());
    auto* const get = nvrtc_.function<Bytes>(("nvrtcGet" + what).c_str());
    if (!ask || !get || ask(program_, &size) != 0) return {};
    std::string bytes(size, '\0');
    return get(program_, bytes.data()) == 0 ? bytes : std::string();
  }

 private:
  void check(int error) const {
    if (error == 0) return;
    const std::string log = bytes("ProgramLog");
    auto* const words = nvrtc_.function<const char*(int)>("nvrtcGetErrorString");
    fail(ErrorCode::internal, "CUDA kernels can't be compiled: ",
         log.size() > 1 ? log.substr(0, log.find('\n')) : words(error), " (", nvrtc_.path(), ")");
  }

  const SharedLibrary& nvrtc_;
  Program program_ = nullptr;
};

}  // namespace

Nvrtc::Nvrtc() {
  for (const std::string& place : places()) {
    library_ = SharedLibrary(place);
    if (library_.is_open()) break;
  }
  auto* const version = library_.function<int(int*, int*)>("nvrtcVersion");
  auto* const count = library_.function<int(int*)>("nvrtcGetNumSupportedArchs");
  auto* const list = library_.function<int(int*)>("nvrtcGetSupportedArchs");
  int known = 0;
  if (!version || !count || !list || version(&major_, &minor_) != 0 || count(&known) != 0) {
    lack_ =
        "NVRTC (libnvrtc.so.13 or .12), which compiles the CUDA kernels, is not found; install it "
        "where LibTorch is: pip install nvidia-cuda-nvrtc";
    library_ = SharedLibrary();
    return;
  }
  // It opens this one by its name alone, and where NVIDIA's package is not on the loader's path finds
  // it only if the process has it already.
  const std::filesystem::path folder = std::filesystem::path(library_.path()).parent_path();
  const SharedLibrary builtins((folder / ("libnvrtc-builtins.so." + this->version())).string());
  architectures_.resize(static_cast<size_t>(known));
  list(architectures_.data());
  std::sort(architectures_.begin(), architectures_.end());
}

const Nvrtc& Nvrtc::found() {
  static const Nvrtc kFound;
  return kFound;
}

std::string Nvrtc::version() const {
  return lack_.empty() ? std::to_string(major_) + "." + std::to_string(minor_) : "";
}

std::string Nvrtc::compile(const KernelSource& source, int architecture) const {
  if (!lack_.empty()) fail(ErrorCode::unsupported, lack_);
  if (architecture < architectures_.front()) {
    fail(ErrorCode::unsupported, "the GPU is too old: its capability is ",
         architecture_text(architecture), " and CUDA ", version(), " begins at ",
         architecture_text(architectures_.front()), "; use a LibTorch for an older CUDA, or cpu");
  }
  const auto last =
      std::upper_bound(architectures_.begin(), architectures_.end(), architecture) - 1;
  const bool exact = *last == architecture;
  Compilation compilation(library_, source);
  compilation.run({"--std=c++17", std::string("--gpu-architecture=") +
                                      (exact ? "sm_" : "compute_") + std::to_string(*last)});
  return compilation.bytes(exact ? "CUBIN" : "PTX");
}

}  // namespace fcclip::ops::cuda
