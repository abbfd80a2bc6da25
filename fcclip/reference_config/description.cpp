#include "fcclip/reference_config/description.h"

#include <nlohmann/json.hpp>

#include "fcclip/io/atomic_file.h"
#include "fcclip/io/file_kind.h"
#include "fcclip/model/summary_text.h"

namespace fcclip::reference_config {
namespace {

// A file says nothing of where its weights come from.
model::FileSummary described_model(const Configuration& from) {
  model::FileSummary summary;
  summary.kind = model::FileKind::checkpoint;
  summary.config = named_model(from);
  summary.config->provenance.clear();
  return summary;
}

}  // namespace

bool is_configuration(const std::filesystem::path& path) {
  constexpr uintmax_t kLargest = 1 << 20;
  if (!io::file_kind_at(path).what.starts_with("text")) return false;
  std::error_code ignored;
  if (std::filesystem::file_size(path, ignored) > kLargest) return false;
  const std::string text = "\n" + io::read_file(path);
  for (const char* section : {"_BASE_:", "MODEL:", "SOLVER:", "INPUT:", "DATASETS:", "TEST:"}) {
    if (text.find(std::string("\n") + section) != std::string::npos) return true;
  }
  return false;
}

std::string description_text(const Configuration& from) {
  const model::FileSummary summary = described_model(from);
  const model::PixelConfig& pixels = summary.config->pixels;
  const std::string sizes = "shorter side " + std::to_string(pixels.short_side) +
                            ", longer at most " + std::to_string(pixels.max_side) +
                            ", multiples of " + std::to_string(pixels.size_divisor);
  return from.file + ": configuration of the reference\n" + model::configuration_facts(summary) +
         model::fact_line("input", sizes) + model::fact_line("tasks", tasks(from));
}

std::string description_json(const Configuration& from) {
  const nlohmann::json all = {
      {"kind", "configuration of the reference"},
      {"tasks", tasks(from)},
      {"config", nlohmann::json::parse(model::to_json(*described_model(from).config))}};
  return all.dump(2);
}

}  // namespace fcclip::reference_config
