// fcclip segment: pictures in, named segments out.

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "apps/commands.h"
#include "apps/example_flags.h"
#include "apps/option_checks.h"
#include "apps/overlay_flags.h"
#include "apps/picture_flags.h"
#include "apps/picture_reporter.h"
#include "apps/segment_options.h"
#include "apps/segment_video.h"
#include "apps/shard_flag.h"
#include "apps/spot_flags.h"
#include "apps/tile_flags.h"
#include "apps/tiled_pictures.h"
#include "apps/top_words_flag.h"
#include "apps/video_flags.h"
#include "fcclip/cli/failure.h"
#include "fcclip/cli/standard_streams.h"
#include "fcclip/cli/stop_signal.h"
#include "fcclip/core/counted.h"
#include "fcclip/core/device.h"
#include "fcclip/core/error.h"
#include "fcclip/core/freed_memory.h"
#include "fcclip/runs/run_text.h"
#include "fcclip/runs/segment_run.h"
#include "fcclip/video/film_files.h"
#include "fcclip/words/templates.h"

namespace fcclip::apps {
namespace {

struct SegmentFlags {
  std::vector<std::string> inputs;
  std::string output_folder = "out", write;
  double tolerance_px = 1;
  std::optional<Shard> shard;
  int64_t top_words = 0;
  bool json = false, resume = false, overwrite = false, quiet = false;
  ModelFlags model;
  WordFlags words;
  AskFlags ask;
  SpotFlags spot;
  VideoFlags video;
  ExampleFlags example;
  PictureFlags picture;
  TileFlags tile;
  OverlayFlags overlay;
};

// `-c bat wood rock`, as other programs take it, would mean two pictures "wood" and "rock".
void refuse_words_as_pictures(const SegmentFlags& flags) {
  const auto& questions = flags.words.questions;
  const bool has_words =
      std::any_of(questions.begin(), questions.end(),
                  [](const QuestionFlag& asked) { return !asked.is_vocabulary; });
  if (!has_words) return;
  for (const std::string& input : flags.inputs) {
    const bool may_be_file = input.find_first_of("./-*?[~") != std::string::npos;
    if (may_be_file || std::filesystem::exists(input)) continue;
    fail(ErrorCode::invalid_argument, "no picture '", input,
         "'; several words go into one option, with commas: -c \"", questions.back().text, ", ",
         input, "\"");
  }
}

// Where every picture is missing nothing is worth waiting for; one of many fails in its turn.
void require_one_picture(const std::vector<runs::InputPicture>& pictures) {
  for (const runs::InputPicture& picture : pictures) {
    if (picture.path.empty() || std::filesystem::exists(picture.path)) return;
  }
  fail(ErrorCode::not_found, "can't open ", pictures.front().path.string(), ": no such file");
}

// With few words and none for the rest, semantic answers paint the whole picture in them.
bool wants_background(const classify::Vocabulary& question) {
  constexpr int64_t kFewWords = 4;
  const auto is_background = [](const classify::VocabularyClass& c) { return c.is_background; };
  return std::ssize(question.classes) <= kFewWords &&
         std::none_of(question.classes.begin(), question.classes.end(), is_background);
}

// All that costs nothing to check, before the model. Notes are for people.
runs::SegmentPlan plan_of(const SegmentFlags& flags, std::vector<std::string>& notes) {
  runs::SegmentPlan plan;
  plan.folder = runs::expand_home(flags.output_folder);
  plan.write = flags.write;
  plan.resume = flags.resume;
  plan.overwrite = flags.overwrite;
  plan.reading = read_options(flags.picture);
  static_cast<void>(tile_options(flags.tile));
  plan.rendering = {flags.tolerance_px, overlay_style(flags.overlay)};
  runs::InputList list = runs::expand_inputs(flags.inputs, plan.folder);
  plan.pictures = std::move(list.pictures);
  notes = std::move(list.notes);
  plan.shard = flags.shard.value_or(Shard());
  require_one_picture(plan.pictures);
  const bool writes = !runs::wanted_outputs(flags.write, results::Task::panoptic).kinds.empty();
  if (writes) runs::check_output_folder(plan.folder);
  const model::Config config = model_config(flags.model);
  plan.settings.model = find_model(flags.model.model);
  plan.settings.templates = words::load_templates(flags.words.templates);
  plan.settings.questions = load_questions(flags.words, config);
  plan.settings.size = encode_size(flags.ask);
  plan.settings.place = spot_of(flags.spot, flags.ask.task);
  check_top_words(flags.top_words, plan.settings.place.has_value());
  plan.settings.views = segmenter::views_named(flags.ask.views).value();
  plan.settings.products = products_of(flags.model);
  plan.settings.reading = read_record(flags.picture);
  tell_bundled_model(flags.model, config, plan.settings.questions);
  return plan;
}

void say_totals(const SegmentFlags& flags, const runs::SegmentRun& run) {
  const runs::RunCount& count = run.count();
  if (run.sums_are_to_come() && !flags.quiet) {
    std::cerr << "shard " << flags.shard->text() << " is done; the last one to finish sums up\n";
  }
  if (flags.json) return;
  if (count.skipped > 0) std::cout << count.skipped << " already written, skipped\n";
  if (count.changed > 0) {
    std::cout << counted(count.changed, "image", "images")
              << " answered anew: the results there were of other words, settings or model\n";
  }
  if (count.kept > 0) {
    std::cout << counted(count.kept, "file", "files") << " kept; --overwrite replaces them\n";
  }
  if (!flags.quiet && count.done > 1) std::cout << runs::run_line(run) << '\n';
}

// Pictures that the network sees at once.
runs::RunCount run_whole(const SegmentFlags& flags,
                         std::span<const segmenter::Segmenter> segmenters,
                         const runs::SegmentPlan& plan, const std::vector<std::string>& notes) {
  const results::Task task = plan.settings.ask.task;
  const bool writes = !runs::wanted_outputs(flags.write, task).kinds.empty();
  PictureReporter reporter({flags.json, flags.quiet, writes, task});
  runs::SegmentRun run(segmenters, plan, reporter);  // refuses what cannot work
  for (const std::string& note : notes) reporter.note(note);
  run.work();
  say_totals(flags, run);
  return run.count();
}

// Those that are taken in windows: out of the plan.
std::vector<runs::InputPicture> tiled_pictures(const SegmentFlags& flags, runs::SegmentPlan& plan) {
  std::vector<runs::InputPicture> tiled = take_tiled(flags.tile, plan.pictures);
  if (flags.tile.tile || flags.tile.overlap) on_one_device(flags.model, "--tile");
  if (flags.tile.tile || flags.tile.overlap || flags.quiet || flags.json) return tiled;
  for (const runs::InputPicture& picture : tiled) {
    std::cerr << "fcclip: " << cli::visible_text(picture.shown())
              << ": more than 16384 x 16384 pixels, taken in windows of "
              << tile_options(flags.tile).tile << " (--tile says how large)\n";
  }
  return tiled;
}

runs::RunCount run_segment(const SegmentFlags& flags) {
  std::vector<std::string> notes;
  runs::SegmentPlan plan = plan_of(flags, notes);
  const std::vector<ShownObject> shown = read_examples(flags.example);
  runs::Stopwatch loading;
  const std::vector<segmenter::Segmenter> segmenters = load_segmenters(flags.model);
  const segmenter::Segmenter& segmenter = segmenters.front();
  plan.load_seconds = loading.seconds();
  plan.settings.ask = ask_options(flags.ask, segmenter);
  plan.settings.ask.best_words = flags.top_words;
  show_examples(segmenter, shown, plan.settings.questions, !flags.words.questions.empty(),
                [&notes](LogLevel, const std::string& line) { notes.push_back(line); });
  if (plan.settings.place) plan.settings.ask.task = results::Task::instance;
  const results::Task task = plan.settings.ask.task;
  const std::vector<classify::Vocabulary>& questions = plan.settings.questions;
  if (!flags.quiet && !flags.json && task == results::Task::semantic &&
      std::any_of(questions.begin(), questions.end(), wants_background)) {
    notes.push_back(
        "--task semantic gives every pixel one of the words; --background \"wall, ground, sky\" "
        "names what else there is");
  }
  cli::announce_stop("stopping; again to stop now");
  cli::stop_signal();  // from here on a signal ends the run at the next good place
  cli::outlive_closed_pipe();
  const std::vector<runs::InputPicture> tiled = tiled_pictures(flags, plan);
  const bool has_whole = !plan.pictures.empty();
  runs::RunCount count;
  if (has_whole) {
    count = run_whole(flags, segmenters, plan, notes);
  } else {
    for (const std::string& note : notes)
      std::cerr << "fcclip: " << cli::visible_text(note) << '\n';
  }
  if (tiled.empty()) return count;
  plan.pictures = tiled;
  const runs::RunCount more =
      run_tiled(segmenter, plan, tile_options(flags.tile), {flags.json, flags.quiet, has_whole});
  count.pictures += more.pictures;
  count.failed += more.failed;
  return count;
}

void segment_films(const SegmentFlags& flags) {
  if (flags.top_words > 0 || flags.tile.tile || flags.tile.overlap ||
      spot_of(flags.spot, flags.ask.task)) {
    fail(ErrorCode::invalid_argument,
         "films can't be taken in windows (--tile), or asked at a place or for their best words "
         "(--top)");
  }
  segment_video({flags.inputs, flags.output_folder, flags.write, flags.shard, flags.json,
                 flags.resume, flags.overwrite, flags.quiet, flags.video,
                 on_one_device(flags.model, "a film"), flags.words, flags.example, flags.ask,
                 flags.picture, flags.overlay});
}

void segment(const SegmentFlags& flags) {
  keep_freed_memory();
  refuse_words_as_pictures(flags);
  if (asks_for_video(flags.video, flags.inputs)) return segment_films(flags);
  const runs::RunCount count = run_segment(flags);
  if (count.failed == 0) return;
  if (count.pictures == 1) fail(ErrorCode::bad_format, "");  // its reason says all
  fail(ErrorCode::partial_failure, count.failed, " of ", count.pictures,
       " pictures failed; the reasons are above");
}

std::string write_help() {
  return "What to write: " + outputs::output_kind_names() +
         ", jsonl, csv, all or none; default overlay, segments and the task's own format; of "
         "films: " +
         video::film_output_names() + "; default all";
}

void add_output_flags(CLI::App& command, SegmentFlags& flags) {
  command.option_defaults()->group("Output");
  command.add_option("-o,--output", flags.output_folder, "Folder for results")
      ->type_name("FOLDER")
      ->capture_default_str();
  command.add_option("--write", flags.write, write_help())->type_name("KINDS");
  command
      .add_option("--tolerance", flags.tolerance_px,
                  "How far outlines (labelme, yolo, geojson, coco) may leave the pixel edges, in "
                  "pixels; 0 keeps every corner")
      ->capture_default_str()
      ->check(number(0, 100));
  command.add_flag("--json", flags.json, "One JSON object per image on standard output");
  command
      .add_option("--only", flags.words.only,
                  "Of all the words, report and write these only: \"cat, dog\"")
      ->type_name("WORDS");
  command.add_flag(
      "--resume", flags.resume,
      "Skip pictures and films that were answered before with the same model, words and "
      "settings");
  add_shard_flag(command, flags.shard);
  command.add_flag("--overwrite", flags.overwrite,
                   "Also replace files that fcclip did not write, or that were changed since");
  command.add_flag("-q,--quiet", flags.quiet, "No table");
}

}  // namespace

void add_segment(CLI::App& app) {
  auto flags = std::make_shared<SegmentFlags>();
  CLI::App* command = app.add_subcommand("segment", "Segment pictures and films with your words");
  command
      ->add_option("inputs", flags->inputs,
                   "Pictures, folders, globs, films, or - for standard input")
      ->type_name("PICTURE")
      ->required();
  add_word_flags(*command, flags->words);
  add_example_flags(*command, flags->example);
  add_ask_flags(*command, flags->ask);
  add_spot_flags(*command, flags->spot);
  add_top_words_flag(*command, flags->top_words);
  add_output_flags(*command, *flags);
  add_video_flags(*command, flags->video);
  add_picture_flags(*command, flags->picture);
  add_tile_flags(*command, flags->tile);
  add_overlay_flags(*command, flags->overlay);
  add_models_flags(*command, flags->model);
  command->footer(
      "Examples:\n"
      "  fcclip segment photo.jpg -c \"cat, dog | puppy, grass\" --stuff grass -o out\n"
      "  fcclip segment pictures/ -v ade20k --task semantic --resume -o out\n"
      "  fcclip segment pictures/ -v coco --resume -o out --shard 1/4\n"
      "  fcclip segment clip.mp4 -c \"dog, ball, grass\" --every 2 -o out\n"
      "  fcclip segment photo.jpg --at 210,160 -v coco -o out\n"
      "  fcclip segment street.jpg -c \"car, road\" -c \"taxi, bus\" --write none --json");
  command->callback([flags] { segment(*flags); });
}

}  // namespace fcclip::apps
