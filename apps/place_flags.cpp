#include "apps/place_flags.h"

#include "apps/option_checks.h"
#include "fcclip/core/device.h"
#include "fcclip/core/error.h"

namespace fcclip::apps {
namespace {

struct PlaceFlags {
  std::string& device;
  int64_t& threads;
};

// Names only; whether the devices are there is known to LibTorch.
std::string check_devices(const std::string& text, bool several) {
  if (!several && (text == "all" || text.find(',') != std::string::npos)) {
    return text + ": expected one device: cpu, cuda or cuda:N";
  }
  try {
    split_devices(text);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

void add_device_flags(CLI::App& command, PlaceFlags flags, const char* text, bool several) {
  command.add_option("--device", flags.device, text)
      ->type_name(several ? "DEVICES" : "DEVICE")
      ->check(CLI::Validator(
          [several](std::string& given) { return check_devices(given, several); }, ""))
      ->capture_default_str();
  command.add_option("--threads", flags.threads, "CPU threads; default all cores")
      ->check(whole_number(0, 1024));
}

}  // namespace

void add_place_flags(CLI::App& command, std::string& device, int64_t& threads) {
  add_device_flags(command, {device, threads}, "cpu, cuda or cuda:N", false);
}

void add_several_place_flags(CLI::App& command, std::string& devices, int64_t& threads) {
  add_device_flags(command, {devices, threads},
                   "cpu, cuda or cuda:N; several that share the pictures: cuda:0,cuda:1, or all "
                   "for every GPU",
                   true);
}

void add_dtype_flag(CLI::App& command, std::string& dtype) {
  command
      .add_option(
          "--dtype", dtype,
          "Of the network's large products: float32, exact; bfloat16, faster on GPUs and on "
          "processors with AVX512-BF16; int8 on processors with AVX512-VNNI or AVX-VNNI; tf32 or "
          "float16 on GPUs; auto: the fastest of a GPU, float32 on a processor")
      ->type_name("DTYPE")
      ->check(one_of({"float32", "tf32", "bfloat16", "float16", "int8", "auto"}))
      ->capture_default_str();
}

void add_cache_flags(CLI::App& command, bool& no_cache, std::string& folder) {
  command.add_flag(
      "--no-cache", no_cache,
      "Neither read nor write cached text features, nor read those that came with the model");
  command
      .add_option("--cache-folder", folder,
                  "Where text features are kept; default $XDG_CACHE_HOME/fcclip or ~/.cache/fcclip")
      ->type_name("FOLDER");
}

}  // namespace fcclip::apps
