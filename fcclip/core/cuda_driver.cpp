#include "fcclip/core/cuda_driver.h"

#include <fstream>

namespace fcclip {
namespace {

// Of the driver's interface what is used here (its documentation, "Driver API"): functions give an
// error number, 0 for success; devices are numbers.
constexpr int kMajorAttribute = 75, kMinorAttribute = 76;
constexpr int kNoDevice = 100;

using Ask = int(int* answer);
using AskDevice = int(int* answer, int ordinal);

std::string kernel_module_release() {
  std::ifstream file("/sys/module/nvidia/version");
  std::string release;
  file >> release;
  return release;
}

// Empty when the driver answers all of it.
std::string read_gpu(const SharedLibrary& driver, int ordinal, Gpu& gpu) {
  auto* const get = driver.function<AskDevice>("cuDeviceGet");
  auto* const name = driver.function<int(char*, int, int)>("cuDeviceGetName");
  auto* const memory = driver.function<int(size_t*, int)>("cuDeviceTotalMem_v2");
  auto* const attribute = driver.function<int(int*, int, int)>("cuDeviceGetAttribute");
  if (!get || !name || !memory || !attribute) return "the NVIDIA driver is too old to be asked";
  char text[256] = "";
  int device = 0, major = 0, minor = 0;
  size_t bytes = 0;
  for (const int error :
       {get(&device, ordinal), name(text, sizeof text - 1, device), memory(&bytes, device),
        attribute(&major, kMajorAttribute, device), attribute(&minor, kMinorAttribute, device)}) {
    if (error != 0) return "GPU " + std::to_string(ordinal) + ": " + cuda_driver_error(error);
  }
  gpu = {text, static_cast<int64_t>(bytes), 10 * major + minor};
  return "";
}

}  // namespace

const SharedLibrary& cuda_driver_library() {
  static const SharedLibrary library("libcuda.so.1");
  return library;
}

std::string cuda_driver_error(int error) {
  auto* const words = cuda_driver_library().function<int(int, const char**)>("cuGetErrorString");
  const char* text = nullptr;
  if (words != nullptr && words(error, &text) == 0 && text != nullptr) return text;
  return "the NVIDIA driver's error " + std::to_string(error);
}

CudaDriver ask_cuda_driver() {
  CudaDriver found;
  const SharedLibrary& driver = cuda_driver_library();
  auto* const start = driver.function<int(unsigned)>("cuInit");
  auto* const version = driver.function<Ask>("cuDriverGetVersion");
  auto* const count = driver.function<Ask>("cuDeviceGetCount");
  if (!start || !version || !count) {
    found.failure = "no NVIDIA driver is installed (libcuda.so.1 is not found)";
    return found;
  }
  found.release = kernel_module_release();
  version(&found.cuda);
  int gpus = 0;
  int error = start(0);
  if (error == 0) error = count(&gpus);
  if (error == kNoDevice || (error == 0 && gpus == 0)) {
    found.failure = "the NVIDIA driver sees no GPU";
  } else if (error != 0) {
    found.failure = "the NVIDIA driver does not start: " + cuda_driver_error(error);
  }
  for (int i = 0; found.failure.empty() && i < gpus; ++i) {
    found.failure = read_gpu(driver, i, found.gpus.emplace_back());
  }
  if (!found.failure.empty()) found.gpus.clear();
  return found;
}

std::string cuda_version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

std::string architecture_text(int architecture) {
  return std::to_string(architecture / 10) + "." + std::to_string(architecture % 10);
}

}  // namespace fcclip
