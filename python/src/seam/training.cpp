#include <filesystem>

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include "fcclip/core/boundary.h"
#include "fcclip/engine/training_place.h"
#include "fcclip/scenes/world.h"
#include "fcclip/train/expected_figures.h"
#include "fcclip/train/segmentation_task.h"
#include "python/src/seam/seam.h"

namespace fcclip::seam {
namespace {

struct Setup {
  Setup() {
    config.data.world = config.evaluation.world = scenes::default_world();
    train::bind(settings, config);
  }
  train::SegmentationConfig config;
  engine::Settings settings;
};

at::ScalarType export_type(const std::string& name) {
  if (name == "float16") return at::kHalf;
  return name == "bfloat16" ? at::kBFloat16 : at::kFloat;
}

TrainLine line_of(const engine::StepReport& now) {
  TrainLine line;
  line.kind = now.moment == engine::Moment::evaluation ? "evaluation" : "line";
  line.step = now.step;
  line.total_steps = now.total_steps;
  line.steps_per_s = now.steps_per_s;
  line.smooth_loss = now.smooth_loss;
  line.numbers.insert(now.numbers.begin(), now.numbers.end());
  return line;
}

void prepare(const TrainRequest& request, Setup& setup) {
  if (!request.settings_file.empty()) setup.settings.read_file(request.settings_file);
  for (const std::string& assignment : request.assignments) setup.settings.set(assignment);
  engine::LoopOptions& loop = setup.config.loop;
  loop.folder = request.output;
  loop.resume = request.resume;
  loop.stop_after = request.stop_after;
  loop.stop_after_s = request.stop_after_s;
  train::finish(setup.config);
  if (request.output.empty()) {
    fail(ErrorCode::invalid_argument, "output is needed: a folder for checkpoints and the model");
  }
  loop.settings = request.record + "\n" + setup.settings.to_toml();
  if (setup.config.run.threads > 0) at::set_num_threads(static_cast<int>(setup.config.run.threads));
}

TrainEnd run(const Setup& setup, const std::function<void(const TrainLine&)>& on_line,
             const Progress& progress) {
  const train::SegmentationConfig& config = setup.config;
  engine::TrainingPlace place = engine::join_training(config.run.device);
  engine::Processes& processes = place.processes;
  train::SegmentationTask task(config, processes, place.device,
                               [&](LogLevel, const std::string& text) {
                                 on_line({"message", text});
                               });
  const engine::LoopResult result =
      engine::run_loop(task, processes, config.loop, progress, [&](const engine::StepReport& now) {
        if (now.moment != engine::Moment::step) on_line(line_of(now));
      });
  TrainEnd end{result.steps_done,
               config.loop.schedule.total_steps,
               result.finished,
               result.interrupted,
               {},
               train::missed_figures(task, config, result)};
  if (!processes.is_first()) return end;
  end.model = (std::filesystem::path(config.loop.folder) / "model.safetensors").string();
  task.export_model(end.model, export_type(config.run.export_dtype), result.steps_done);
  return end;
}

}  // namespace

TrainEnd train(const TrainRequest& request, const std::function<void(const TrainLine&)>& on_line,
               const Progress& progress) {
  return translating_errors([&] {
    const at::AutoGradMode learns(true);  // also inside of the caller's torch.no_grad()
    Setup setup;
    prepare(request, setup);
    return run(setup, on_line, progress);
  });
}

std::string training_settings() {
  return translating_errors([] { return Setup().settings.to_toml(); });
}

}  // namespace fcclip::seam
