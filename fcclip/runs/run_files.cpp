#include "fcclip/runs/run_files.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "fcclip/core/boundary.h"
#include "fcclip/core/error.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/outputs/json_text.h"

namespace fcclip::runs {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

bool says_complete(const fs::path& record, const std::string& id) {
  std::error_code error;
  if (!fs::is_regular_file(record, error)) return false;
  const json parsed = json::parse(io::read_file(record), nullptr, /*allow_exceptions=*/false);
  return parsed.is_object() && parsed.value("run", json()) == id &&
         parsed.value("status", json()) == "complete";
}

}  // namespace

std::vector<std::string> record_names(const Shard& shard) {
  const std::string ending = (shard.is_all() ? "" : "." + shard.file_text()) + ".json";
  return {"run" + ending, "fcclip-run" + ending};
}

std::string status_of_end(const std::exception& error) {
  return is_interruption(error) ? "interrupted" : "failed";
}

bool all_shards_complete(const fs::path& folder, int64_t count, const std::string& id) {
  for (int64_t number = 1; number <= count; ++number) {
    const std::vector<std::string> names = record_names({number, count});
    const auto complete = [&](const std::string& name) { return says_complete(folder / name, id); };
    if (std::none_of(names.begin(), names.end(), complete)) return false;
  }
  return true;
}

bool write_record(OutputFolder& folder, std::span<const std::string> names, const json& record) {
  const std::string text = outputs::json_text(record);
  return std::ranges::any_of(names, [&](const std::string& name) {
    return folder.write({folder.path() / name, text});
  });
}

}  // namespace fcclip::runs
