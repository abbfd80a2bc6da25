#include "tests/support/goldens.h"

#include <cstdlib>
#include <fstream>
#include <map>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/core/check.h"
#include "fcclip/io/safetensors.h"
#include "tests/support/unpack.h"

namespace fcclip::test {
namespace {

uint64_t fnv1a(const std::string& text) {
  uint64_t hash = 14695981039346656037ULL;
  for (const unsigned char byte : text) hash = (hash ^ byte) * 1099511628211ULL;
  return hash;
}

uint64_t mix(uint64_t s) {
  s = (s ^ (s >> 30)) * 0xBF58476D1CE4E5B9ULL;
  s = (s ^ (s >> 27)) * 0x94D049BB133111EBULL;
  return s ^ (s >> 31);
}

// Manifests of full models are gzipped.
std::string read_manifest(const std::filesystem::path& folder) {
  const std::filesystem::path plain = folder / "manifest.json";
  return unpacked(std::filesystem::exists(plain) ? plain : folder / "manifest.json.gz");
}

}  // namespace

std::filesystem::path shared_folder() {
  const char* set = std::getenv("FCCLIP_SHARED");
  const std::filesystem::path folder =
      set != nullptr ? std::filesystem::path(set)
                     : std::filesystem::path(FCCLIP_SOURCE_DIR).parent_path() / "shared";
  return std::filesystem::is_directory(folder) ? folder : std::filesystem::path();
}

std::filesystem::path goldens_folder() {
  const std::filesystem::path folder = shared_folder() / "goldens";
  return !shared_folder().empty() && std::filesystem::is_directory(folder)
             ? folder
             : std::filesystem::path();
}

at::Tensor golden(const std::string& file, const std::string& name) {
  static std::map<std::string, std::unique_ptr<io::SafetensorsFile>> open;
  std::unique_ptr<io::SafetensorsFile>& entry = open[file];
  if (!entry) entry = std::make_unique<io::SafetensorsFile>(goldens_folder() / file);
  return entry->tensor(name);
}

nlohmann::json golden_json(const std::string& file) {
  std::ifstream stream(goldens_folder() / file);
  return nlohmann::json::parse(stream);
}

at::Tensor formula_tensor(const std::string& salt, const std::string& key, at::IntArrayRef shape,
                          double lo, double hi) {
  at::Tensor out = at::empty(shape, at::kFloat);
  const uint64_t hash = fnv1a(salt + key);
  float* data = out.data_ptr<float>();
  at::parallel_for(0, out.numel(), 65536, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const uint64_t z = mix(hash + (static_cast<uint64_t>(i) + 1) * 0x9E3779B97F4A7C15ULL);
      const double u = static_cast<double>(z >> 40) * 0x1p-24;
      data[i] = static_cast<float>(lo + (hi - lo) * u);
    }
  });
  return out;
}

nn::WeightSource formula_weights(const std::string& folder) {
  const nlohmann::json manifest = nlohmann::json::parse(read_manifest(goldens_folder() / folder));
  const std::string salt = manifest.at("salt");
  auto entries = std::make_shared<std::map<std::string, nlohmann::json>>();
  for (const nlohmann::json& entry : manifest.at("entries")) (*entries)[entry.at("key")] = entry;
  return [salt, entries](const std::string& name) -> at::Tensor {
    const auto found = entries->find(name);
    if (found == entries->end() || found->second.at("kind") != "formula") return {};
    const std::vector<int64_t> shape = found->second.at("shape");
    return formula_tensor(salt, name, shape, found->second.at("lo"), found->second.at("hi"));
  };
}

::testing::AssertionResult near(const at::Tensor& got, const at::Tensor& want, double relative,
                                double absolute) {
  if (!got.defined()) return ::testing::AssertionFailure() << "no tensor";
  if (got.sizes() != want.sizes()) {
    return ::testing::AssertionFailure()
           << "shape " << shape_string(got.sizes()) << ", expected " << shape_string(want.sizes());
  }
  if (want.numel() == 0) return ::testing::AssertionSuccess();
  const at::Tensor a = got.to(at::kDouble), b = want.to(at::kDouble);
  if (!a.isnan().equal(b.isnan())) return ::testing::AssertionFailure() << "NaNs differ";
  const at::Tensor difference = (a - b).abs().nan_to_num(0);
  const double scale = b.nan_to_num(0).abs().max().item<double>();
  const double worst = difference.max().item<double>();
  if (worst <= relative * scale + absolute) return ::testing::AssertionSuccess();
  const int64_t at_index = difference.flatten().argmax().item<int64_t>();
  return ::testing::AssertionFailure()
         << "max difference " << worst << " at flat index " << at_index << " (got "
         << a.flatten()[at_index].item<double>() << ", expected "
         << b.flatten()[at_index].item<double>() << "), allowed " << relative * scale + absolute
         << " (max |expected| " << scale << ")";
}

}  // namespace fcclip::test
