#include "fcclip/engine/journal.h"

#include <cmath>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/engine/tensorboard_file.h"
#include "fcclip/image/image_file.h"
#include "fcclip/io/atomic_file.h"

namespace fcclip::engine {
namespace {

// What a run that was cut off wrote after its last checkpoint would stand there twice.
void keep_lines_until(const std::filesystem::path& path, int64_t step) {
  std::ifstream in(path);
  if (!in) return;
  std::string kept, line;
  while (std::getline(in, line)) {
    const nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
    if (json.is_object() && json.value("step", step + 1) <= step) kept += line + "\n";
  }
  in.close();
  io::write_atomically(path, kept);
}

}  // namespace

Journal::Journal(const std::filesystem::path& folder, int64_t first_step) : folder_(folder) {
  if (folder.empty()) return;
  std::filesystem::create_directories(folder);
  const std::filesystem::path path = folder / "log.jsonl";
  keep_lines_until(path, first_step);
  lines_.open(path, std::ios::app);
  if (!lines_) fail(ErrorCode::io_failure, path.string(), ": cannot be written");
  events_ = std::make_unique<TensorBoardFile>(folder, first_step);
}

Journal::~Journal() = default;

void Journal::write(int64_t step, const Numbers& numbers) {
  if (folder_.empty()) return;
  nlohmann::ordered_json line = {{"step", step}};
  for (const auto& [name, value] : numbers) {
    line[name] = std::isfinite(value) ? nlohmann::ordered_json(value) : nullptr;
    events_->write_scalar(step, name, value);
  }
  lines_ << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << std::endl;
}

void Journal::write_picture(int64_t step, const std::string& name, const at::Tensor& rgb) {
  if (folder_.empty()) return;
  const std::string png = image::encode_png(rgb);
  char file[32];
  std::snprintf(file, sizeof file, "-%06lld.png", static_cast<long long>(step));
  io::write_atomically(folder_ / (name + file), png);
  events_->write_picture(step, name, png, {rgb.size(0), rgb.size(1)});
}

}  // namespace fcclip::engine
