#include "fcclip/engine/training_state.h"

#include <algorithm>
#include <cstdio>

#include "fcclip/core/error.h"
#include "fcclip/io/safetensors.h"

namespace fcclip::engine {
namespace {

constexpr std::string_view kFormat = "fcclip-training-1";

// "step-000100.safetensors" -> 100; −1 for any other file.
int64_t step_of(const std::filesystem::path& path) {
  long long step = -1;
  int used = 0;
  const std::string name = path.filename().string();
  const int read = std::sscanf(name.c_str(), "step-%lld.safetensors%n", &step, &used);
  return read == 1 && used == static_cast<int>(name.size()) ? step : -1;
}

// What a process killed while it wrote has left; the folder has one writer.
void remove_unfinished(const std::filesystem::path& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("step-") || !name.ends_with(".tmp")) continue;
    std::error_code ignored;
    std::filesystem::remove(entry.path(), ignored);
  }
}

}  // namespace

CheckpointFolder::CheckpointFolder(std::filesystem::path folder, KeptCheckpoints kept)
    : folder_(std::move(folder)), kept_(kept) {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) {
    fail(ErrorCode::io_failure, folder_.string(), ": cannot make the folder: ", error.message());
  }
}

std::vector<std::pair<int64_t, std::filesystem::path>> CheckpointFolder::files() const {
  std::vector<std::pair<int64_t, std::filesystem::path>> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    const int64_t step = step_of(entry.path());
    if (step >= 0) found.emplace_back(step, entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

void CheckpointFolder::save(const TrainingState& state) const {
  char name[64];
  std::snprintf(name, sizeof name, "step-%06lld.safetensors", static_cast<long long>(state.step));
  io::Metadata metadata(state.notes.begin(), state.notes.end());
  metadata["format"] = kFormat;
  metadata["step"] = std::to_string(state.step);
  io::save_safetensors(folder_ / name, {state.tensors.begin(), state.tensors.end()}, metadata);
  const auto all = files();
  const auto newest = std::max<int64_t>(kept_.newest, 1);
  for (int64_t i = 0; i + newest < std::ssize(all); ++i) {
    const int64_t step = all[i].first;
    if (kept_.every > 0 && step > 0 && step % kept_.every == 0) continue;
    std::error_code ignored;  // one more old checkpoint does no harm
    std::filesystem::remove(all[i].second, ignored);
  }
  remove_unfinished(folder_);
}

std::optional<TrainingState> CheckpointFolder::latest() const {
  const auto all = files();
  if (all.empty()) return std::nullopt;
  try {
    return read_state(all.back().second);
  } catch (const Error& error) {
    if (all.size() < 2 || error.code() != ErrorCode::bad_format) throw;
    fail(error.code(), error.what(), "; remove it to go on from the one before, ",
         all[all.size() - 2].second.filename().string());
  }
}

TrainingState read_state(const std::filesystem::path& file) {
  const io::SafetensorsFile stored(file);
  TrainingState state;
  state.notes = {stored.metadata().begin(), stored.metadata().end()};
  if (state.notes["format"] != kFormat) {
    fail(ErrorCode::bad_format, file.string(), ": not a training checkpoint of this program");
  }
  state.step = std::stoll(state.notes.at("step"));
  for (const std::string& name : stored.names()) state.tensors[name] = stored.tensor(name).clone();
  return state;
}

}  // namespace fcclip::engine
