#include "fcclip/core/device.h"

#include <algorithm>

#include <ATen/Context.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "fcclip/core/error.h"
#include "fcclip/core/torch_cuda.h"

namespace fcclip {
namespace {

std::string lack_of_device(int64_t index) {
  const CudaDriver driver = ask_cuda_driver();
  // Without a GPU half a gigabyte of libraries need not be opened.
  const std::string lack =
      lack_of_gpu(driver, driver.gpus.empty() ? TorchCuda{} : open_torch_cuda(), index);
  if (!lack.empty() || at::hasCUDA()) return lack;
  return "LibTorch does not see the GPU, although the driver does: this process asked for it "
         "before "
         "LibTorch's CUDA side was opened, or its first use failed";
}

// Whether the device is there is known to LibTorch; here the name alone.
bool is_device_name(std::string_view name) {
  constexpr std::string_view kNumbered = "cuda:";
  if (!name.starts_with(kNumbered)) return name == "cpu" || name == "cuda";
  const std::string_view number = name.substr(kNumbered.size());
  return !number.empty() && number.size() < 4 &&
         number.find_first_not_of("0123456789") == std::string_view::npos;
}

// "cuda" is the first GPU.
int64_t gpu_number(const std::string& name) {
  return name == "cuda" ? 0 : std::stoll(name.substr(name.find(':') + 1));
}

void check_together(const std::vector<std::string>& names) {
  std::vector<int64_t> numbers;
  for (const std::string& name : names) {
    if (name == "cpu") continue;
    const int64_t number = gpu_number(name);
    if (std::ranges::count(numbers, number) > 0) {
      fail(ErrorCode::invalid_argument, "GPU ", number, " is named twice; name each once");
    }
    numbers.push_back(number);
  }
  if (numbers.empty() || numbers.size() == names.size()) return;
  fail(ErrorCode::invalid_argument,
       "cpu beside GPUs, whose results differ in their last digits; name GPUs alone");
}

}  // namespace

at::Device parse_device(const std::string& text) {
  at::Device device(at::kCPU);
  try {
    device = at::Device(text);
  } catch (const c10::Error&) {
    fail(ErrorCode::invalid_argument, "device '", text, "' is unknown; use cpu, cuda or cuda:N");
  }
  if (!device.is_cpu() && !device.is_cuda()) {
    fail(ErrorCode::invalid_argument, "device '", text,
         "' is not supported; use cpu, cuda or cuda:N");
  }
  if (!device.is_cuda()) return device;
  const std::string lack = lack_of_device(device.has_index() ? device.index() : 0);
  if (!lack.empty()) {
    const bool advised = lack.find(';') != std::string::npos;
    fail(ErrorCode::unsupported, "device '", text, "' is not available: ", lack,
         advised ? "; or use cpu" : "; use cpu");
  }
  return device;
}

at::Device with_index(at::Device device) {
  if (device.is_cpu() || device.has_index()) return device;
  return c10::impl::VirtualGuardImpl(device.type()).getDevice();
}

std::vector<std::string> split_devices(std::string_view text) {
  if (text == "all") return {"all"};
  std::vector<std::string> names;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view name = text.substr(begin, end - begin);
    if (name.empty()) {
      fail(ErrorCode::invalid_argument, "'", text,
           "': a name is missing at a comma; write them as cuda:0,cuda:1");
    }
    if (!is_device_name(name)) {
      fail(ErrorCode::invalid_argument, "'", name, "' is unknown; use cpu, cuda, cuda:N",
           name == "all" ? ", or all alone" : "");
    }
    names.emplace_back(name);
    begin = end + 1;
  }
  check_together(names);
  return names;
}

std::vector<std::string> list_devices(std::string_view text) {
  std::vector<std::string> names = split_devices(text);
  if (names.front() == "all") {
    const CudaDriver driver = ask_cuda_driver();
    if (driver.gpus.empty()) parse_device("cuda");  // says why there is none
    names.clear();
    for (size_t i = 0; i < driver.gpus.size(); ++i) names.push_back("cuda:" + std::to_string(i));
  }
  for (const std::string& name : names) parse_device(name);
  return names;
}

bool has_gpu() {
  return lack_of_device(0).empty();
}

}  // namespace fcclip
