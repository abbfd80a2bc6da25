#include "apps/place_flags.h"

#include <algorithm>

#include "apps/option_checks.h"

namespace fcclip::apps {
namespace {

// Only the name; whether the device is there is known to LibTorch.
std::string check_device_name(std::string& text) {
  const std::string number = text.starts_with("cuda:") ? text.substr(5) : "0";
  const bool is_number = !number.empty() && number.size() < 4 &&
                         number.find_first_not_of("0123456789") == std::string::npos;
  if (text == "cpu" || text == "cuda" || (text.starts_with("cuda:") && is_number)) return "";
  return text + ": expected cpu, cuda or cuda:N";
}

}  // namespace

void add_place_flags(CLI::App& command, std::string& device, int64_t& threads) {
  command.add_option("--device", device, "cpu, cuda or cuda:N")
      ->type_name("DEVICE")
      ->check(CLI::Validator(check_device_name, ""))
      ->capture_default_str();
  command.add_option("--threads", threads, "CPU threads; default all cores")
      ->check(whole_number(0, 1024));
}

void add_dtype_flag(CLI::App& command, std::string& dtype) {
  command
      .add_option(
          "--dtype", dtype,
          "Of the network's large products: float32, exact; bfloat16, faster on GPUs and on "
          "processors with AVX512-BF16; int8 on processors with AVX512-VNNI; tf32 or float16 on "
          "GPUs; auto: the fastest of a GPU, float32 on a processor")
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
