// fcclip segment: pictures in, named segments out.

#include <algorithm>
#include <filesystem>

#include "apps/commands.h"
#include "apps/option_checks.h"
#include "apps/segment_run.h"
#include "apps/standard_streams.h"
#include "apps/stop_signal.h"
#include "fcclip/core/error.h"

namespace fcclip::apps {
namespace {

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

void segment(const SegmentFlags& flags) {
  refuse_words_as_pictures(flags);
  SegmentRun run(flags);
  announce_stop("stopping after this picture; again to stop now");
  stop_signal();  // from here on a signal ends the run between two pictures
  outlive_closed_pipe();
  const int64_t failed = run.work();
  if (failed == 0) return;
  if (run.total() == 1) fail(ErrorCode::bad_format, "");  // its reason says all
  fail(ErrorCode::partial_failure, failed, " of ", run.total(),
       " pictures failed; the reasons are above");
}

}  // namespace

void add_segment(CLI::App& app) {
  auto flags = std::make_shared<SegmentFlags>();
  CLI::App* command = app.add_subcommand("segment", "Segment pictures with your words");
  command->add_option("inputs", flags->inputs, "Pictures, folders, globs, or - for standard input")
      ->type_name("PICTURE")
      ->required();
  add_word_flags(*command, flags->words);
  add_ask_flags(*command, flags->ask);
  command->option_defaults()->group("Output");
  command->add_option("-o,--output", flags->output_folder, "Folder for results")
      ->type_name("FOLDER")
      ->capture_default_str();
  command
      ->add_option(
          "--write", flags->write,
          "What to write: " + output_kind_names() +
              ", jsonl, csv, all or none; default overlay, segments and the task's own format")
      ->type_name("KINDS");
  command
      ->add_option("--tolerance", flags->tolerance_px,
                   "How far outlines (labelme, yolo, geojson, coco) may leave the pixel edges, in "
                   "pixels; 0 keeps every corner")
      ->capture_default_str()
      ->check(number(0, 100));
  command->add_flag("--json", flags->json, "One JSON object per image on standard output");
  command
      ->add_option("--only", flags->only,
                   "Of all the words, report and write these only: \"cat, dog\"")
      ->type_name("WORDS");
  command->add_flag(
      "--resume", flags->resume,
      "Skip images that were answered before with the same model, words and settings");
  command->add_flag("--overwrite", flags->overwrite,
                    "Also replace files that fcclip did not write, or that were changed since");
  command->add_flag("-q,--quiet", flags->quiet, "No table");
  add_picture_flags(*command, flags->picture);
  add_overlay_flags(*command, flags->overlay);
  add_model_flags(*command, flags->model);
  command->footer(
      "Examples:\n"
      "  fcclip segment photo.jpg -c \"cat, dog | puppy, grass\" --stuff grass -o out\n"
      "  fcclip segment pictures/ -v ade20k --task semantic --resume -o out\n"
      "  fcclip segment street.jpg -c \"car, road\" -c \"taxi, bus\" --write none --json");
  command->callback([flags] { segment(*flags); });
}

}  // namespace fcclip::apps
