#include "fcclip/runs/picture_work.h"

#include <array>

#include <ATen/ATen.h>

#include "fcclip/image/geo_tiff.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/outputs/segment_pictures.h"
#include "fcclip/runs/stopwatch.h"

namespace fcclip::runs {
namespace {

namespace fs = std::filesystem;
using outputs::OutputKind;
using results::Task;

constexpr std::array<Task, 3> kAllTasks = {Task::panoptic, Task::instance, Task::semantic};

std::set<OutputKind> kinds_of(const PictureOutput& output, Task task) {
  std::set<OutputKind> kinds;
  for (const OutputKind kind : output.kinds) {
    if (outputs::task_of(kind, output.asked) == task) kinds.insert(kind);
  }
  return kinds;
}

// What a file holds of where its picture is.
outputs::Picture picture_of(const PictureAnswers& answers) {
  const fs::path& file = answers.picture.path;
  outputs::Picture picture{file.empty() ? "stdin" : file.filename().string(), answers.rgb};
  const fs::path below = answers.picture.output_stem.parent_path();
  picture.name_in_set = (below / picture.name).generic_string();
  if (!file.empty()) {
    // labelme looks for the picture from where its file lies.
    picture.link = fs::proximate(fs::absolute(file), fs::absolute(answers.stem).parent_path());
  }
  return picture;
}

// Map coordinates of a GeoTIFF.
std::optional<image::GeoReference> place_of(const InputPicture& picture, const LogCallback& log) {
  if (picture.path.empty()) return std::nullopt;
  std::optional<image::GeoReference> place = image::read_geo_reference(picture.path);
  const std::string caution = place ? place->caution() : "";
  if (!caution.empty()) log(LogLevel::warning, picture.path.string() + ": " + caution);
  return place;
}

bool has_list(OutputKind kind) {
  return kind == OutputKind::crops || kind == OutputKind::cutouts || kind == OutputKind::masks;
}

// Pictures of segments that an earlier run listed and this one has not. The list comes last.
std::vector<fs::path> stale_pictures(OutputKind kind, const fs::path& folder,
                                     const std::vector<outputs::OutputFile>& files) {
  const fs::path list = folder / files.back().name;
  if (!fs::exists(list)) return {};
  std::set<std::string> listed = outputs::listed_segment_pictures(kind, io::read_file(list));
  for (const outputs::OutputFile& file : files) listed.erase(file.name);
  std::vector<fs::path> stale;
  for (const std::string& name : listed) stale.push_back(folder / name);
  return stale;
}

std::vector<FolderFile> rendered(OutputKind kind, const PictureAnswers& answers,
                                 const outputs::Answer& answer,
                                 const outputs::RenderOptions& options) {
  const fs::path folder = answers.stem.parent_path();
  std::vector<outputs::OutputFile> files =
      outputs::render(kind, answers.stem.filename().string(), answer, options);
  std::vector<fs::path> stale;
  if (has_list(kind)) stale = stale_pictures(kind, folder, files);
  std::vector<FolderFile> placed;
  for (outputs::OutputFile& file : files) {
    placed.push_back({folder / file.name, std::move(file.bytes)});
  }
  if (!placed.empty()) placed.back().replaces = std::move(stale);
  return placed;
}

}  // namespace

int64_t PictureAnswers::bytes() const {
  int64_t sum = rgb.defined() ? static_cast<int64_t>(rgb.nbytes()) : 0;
  for (const auto& [task, result] : by_task) sum += results::bytes_held(result);
  return sum;
}

std::set<Task> needed_tasks(const PictureOutput& output) {
  std::set<Task> tasks = {output.asked};
  for (const OutputKind kind : output.kinds) tasks.insert(outputs::task_of(kind, output.asked));
  return tasks;
}

WrittenAnswers write_answers(const PictureOutput& output, PictureAnswers& answers) {
  outputs::Picture picture = picture_of(answers);
  outputs::RenderOptions options = output.rendering;
  options.log = [&answers](LogLevel, const std::string& message) {
    answers.warnings.push_back(message);
  };
  WrittenAnswers written;
  Stopwatch watch;
  for (const Task task : kAllTasks) {
    for (const OutputKind kind : kinds_of(output, task)) {
      if (kind == OutputKind::geojson) picture.place = place_of(answers.picture, options.log);
      const outputs::Answer answer{picture, answers.by_task.at(task), answers.vocabulary};
      const std::vector<FolderFile> files = rendered(kind, answers, answer, options);
      answers.timing.draw += watch.lap();
      for (const FolderFile& file : files) {
        const bool wrote = output.folder->write(file);
        (wrote ? written.files : written.kept).push_back(file.path);
      }
      answers.timing.write += watch.lap();
    }
  }
  return written;
}

}  // namespace fcclip::runs
