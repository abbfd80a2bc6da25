#include "apps/picture_work.h"

#include <array>

#include <ATen/ATen.h>

#include "apps/stopwatch.h"

namespace fcclip::apps {
namespace {

namespace fs = std::filesystem;

constexpr std::array<results::Task, 3> kAllTasks = {
    results::Task::panoptic, results::Task::instance, results::Task::semantic};

std::set<OutputKind> kinds_of(const PictureOutput& output, results::Task task) {
  std::set<OutputKind> kinds;
  for (const OutputKind kind : output.kinds) {
    if (task_of(kind, output.ask.task) == task) kinds.insert(kind);
  }
  return kinds;
}

}  // namespace

int64_t PictureAnswers::bytes() const {
  int64_t sum = rgb.defined() ? static_cast<int64_t>(rgb.nbytes()) : 0;
  for (const auto& [task, result] : by_task) sum += results::bytes_held(result);
  return sum;
}

std::set<results::Task> needed_tasks(const PictureOutput& output) {
  std::set<results::Task> tasks = {output.ask.task};
  for (const OutputKind kind : output.kinds) tasks.insert(task_of(kind, output.ask.task));
  return tasks;
}

WrittenAnswers write_answers(const PictureOutput& output, PictureAnswers& answers) {
  const InputPicture& picture = answers.picture;
  const Answer about{
      answers.rgb,
      picture.path.empty() ? "stdin" : picture.path.filename().string(),
      answers.vocabulary,
      picture.path,
      picture.output_stem.parent_path(),
      output.tolerance_px,
      output.overlay,
      [&answers](LogLevel, const std::string& message) { answers.warnings.push_back(message); }};
  WrittenAnswers written;
  Stopwatch watch;
  for (const results::Task task : kAllTasks) {
    for (const OutputKind kind : kinds_of(output, task)) {
      const std::vector<OutputFile> files =
          render_output(kind, answers.stem, about, answers.by_task.at(task));
      answers.timing.draw += watch.lap();
      for (const OutputFile& file : files) {
        const bool wrote = output.folder->write(file);
        (wrote ? written.files : written.kept).push_back(file.path);
      }
      answers.timing.write += watch.lap();
    }
  }
  return written;
}

}  // namespace fcclip::apps
