#include "apps/devices.h"

#include <iomanip>
#include <iostream>
#include <sstream>
#include <string>

#include <ATen/Parallel.h>
#include <nlohmann/json.hpp>
#include <torch/version.h>

#include "fcclip/core/listed.h"
#include "fcclip/core/processor.h"
#include "fcclip/core/torch_cuda.h"
#include "fcclip/ops/gpu_compiler.h"
#include "fcclip/ops/isa.h"
#include "fcclip/ops/products.h"
#include "fcclip/outputs/json_text.h"

namespace fcclip::apps {
namespace {

struct Found {
  Processor processor;
  CudaDriver driver;
  TorchCuda torch;
  ops::GpuCompiler compiler;
};

// Where there is no driver LibTorch's half gigabyte for GPUs stays closed.
Found look_around() {
  Found found{ask_processor(), ask_cuda_driver(), {}, ops::gpu_compiler()};
  if (!found.driver.gpus.empty()) found.torch = open_torch_cuda();
  return found;
}

std::string lack_of(const Found& found, size_t gpu) {
  const std::string lack = lack_of_gpu(found.driver, found.torch, static_cast<int64_t>(gpu));
  const bool compiled = ops::has_gpu_kernels_ahead_of_time();
  return lack.empty() && !compiled ? found.compiler.lack : lack;
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

void device_row(const std::string& label, const std::string& value) {
  std::cout << "  " << std::left << std::setw(18) << label << or_dash(value) << '\n';
}

std::string gibibytes(int64_t bytes) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(1) << static_cast<double>(bytes) / (1 << 30) << " GiB";
  return text.str();
}

// Of --dtype.
template <typename Lack>
std::vector<std::string> dtypes(const Lack& lack) {
  std::vector<std::string> names;
  for (const ops::Products products : ops::kAllProducts) {
    if (lack(products).empty()) names.emplace_back(ops::name(products));
  }
  return names;
}

std::vector<std::string> cpu_dtypes() {
  return dtypes([](ops::Products one) { return ops::lack_of_products(one, at::kCPU); });
}

std::vector<std::string> gpu_dtypes(const Gpu& gpu) {
  return dtypes(
      [&](ops::Products one) { return ops::lack_of_gpu_products(one, gpu.architecture); });
}

std::string driver_text(const CudaDriver& driver) {
  if (driver.cuda == 0) return "none";
  return driver.release + (driver.release.empty() ? "" : ", ") + "up to CUDA " +
         cuda_version_text(driver.cuda);
}

std::string compiler_text(const ops::GpuCompiler& compiler) {
  return compiler.version.empty() ? "not found" : compiler.version + ", " + compiler.path;
}

void print_devices(const Found& found) {
  std::cout << "cpu: " << or_dash(found.processor.name) << '\n';
  device_row("cores", std::to_string(found.processor.cores));
  device_row("threads", std::to_string(at::get_num_threads()));
  device_row("instruction sets", listed(found.processor.instruction_sets));
  device_row("kernels", std::string(ops::name(ops::chosen_isa())));
  device_row("dtypes", listed(cpu_dtypes()));
  for (size_t i = 0; i < found.driver.gpus.size(); ++i) {
    const Gpu& gpu = found.driver.gpus[i];
    std::cout << "cuda:" << i << ": " << gpu.name << '\n';
    device_row("memory", gibibytes(gpu.memory_bytes));
    device_row("capability", architecture_text(gpu.architecture));
    device_row("dtypes", listed(gpu_dtypes(gpu)));
    const std::string lack = lack_of(found, i);
    device_row("usable", lack.empty() ? "yes" : "no: " + lack);
  }
  if (found.driver.gpus.empty()) std::cout << "cuda: none: " << found.driver.failure << '\n';
  device_row("NVIDIA driver", driver_text(found.driver));
  device_row("NVRTC", compiler_text(found.compiler));
  device_row("LibTorch", TORCH_VERSION + std::string(found.torch.cuda == 0 ? "" : ", CUDA ") +
                             (found.torch.cuda == 0 ? "" : cuda_version_text(found.torch.cuda)));
}

nlohmann::json gpu_json(const Found& found, size_t i) {
  const Gpu& gpu = found.driver.gpus[i];
  const std::string lack = lack_of(found, i);
  return {{"device", "cuda:" + std::to_string(i)},
          {"name", gpu.name},
          {"memory_bytes", gpu.memory_bytes},
          {"capability", architecture_text(gpu.architecture)},
          {"dtypes", gpu_dtypes(gpu)},
          {"usable", lack.empty()},
          {"reason", lack}};
}

nlohmann::json devices_json(const Found& found) {
  nlohmann::json gpus = nlohmann::json::array();
  for (size_t i = 0; i < found.driver.gpus.size(); ++i) gpus.push_back(gpu_json(found, i));
  const CudaDriver& driver = found.driver;
  return {{"cpu",
           {{"name", found.processor.name},
            {"cores", found.processor.cores},
            {"threads", at::get_num_threads()},
            {"instruction_sets", found.processor.instruction_sets},
            {"kernels", std::string(ops::name(ops::chosen_isa()))},
            {"dtypes", cpu_dtypes()}}},
          {"gpus", gpus},
          {"no_gpu_because", driver.failure},
          {"driver",
           {{"release", driver.release},
            {"cuda", driver.cuda == 0 ? "" : cuda_version_text(driver.cuda)}}},
          {"nvrtc", {{"version", found.compiler.version}, {"path", found.compiler.path}}},
          {"libtorch",
           {{"version", TORCH_VERSION},
            {"cuda", found.torch.cuda == 0 ? "" : cuda_version_text(found.torch.cuda)}}}};
}

}  // namespace

void tell_devices(bool json) {
  const Found found = look_around();
  if (json) {
    std::cout << outputs::json_text(devices_json(found));
  } else {
    print_devices(found);
  }
}

}  // namespace fcclip::apps
