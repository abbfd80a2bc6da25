// fcclip synth: scenes composed of labelled pictures, with exact truth.

#include <iostream>

#include "apps/commands.h"
#include "apps/option_checks.h"
#include "fcclip/cli/progress_bar.h"
#include "fcclip/core/choice.h"
#include "fcclip/core/error.h"
#include "fcclip/draw/contact_sheet.h"
#include "fcclip/image/image_file.h"
#include "fcclip/scenes/coco_export.h"
#include "fcclip/scenes/concept_table.h"
#include "fcclip/scenes/video_export.h"
#include "fcclip/scenes/world.h"

namespace fcclip::apps {
namespace {

struct SynthFlags {
  std::string world = scenes::default_world(), output, sheet;
  std::string concepts = "seen", pictures = "known", licences = "all", format = "png";
  std::vector<int64_t> size = {256};
  int64_t count = 10, first = 0, min_pictures = 3, min_things = 2, max_things = 12;
  uint64_t seed = 0;
  bool list = false, overwrite = false, video = false;
  scenes::MotionOptions motion;
};

const Choices<scenes::Concepts> kConcepts = {{"seen", scenes::Concepts::seen},
                                             {"all", scenes::Concepts::all}};
const Choices<scenes::Pictures> kPictures = {{"known", scenes::Pictures::known},
                                             {"held-out", scenes::Pictures::held_out}};

scenes::SceneOptions scene_options(const SynthFlags& flags) {
  scenes::SceneOptions options;
  options.size = {flags.size.front(), flags.size.back()};
  options.concepts = choose(flags.concepts, "--concepts", kConcepts);
  options.pictures = choose(flags.pictures, "--pictures", kPictures);
  options.min_things = flags.min_things;
  options.max_things = flags.max_things;
  options.seed = flags.seed;
  options.only_free = flags.licences == "free";
  return options;
}

/// All scenes on one page, to look at.
void write_sheet(const SynthFlags& flags, const scenes::SceneDataset& scenes) {
  constexpr int64_t kMost = 256, kColumns = 4;
  if (flags.count < 1 || flags.count > kMost) {
    fail(ErrorCode::invalid_argument, "--sheet shows 1 to ", kMost, " scenes, not ", flags.count);
  }
  std::vector<at::Tensor> pictures;
  for (int64_t k = 0; k < flags.count; ++k) {
    const data::Sample sample = scenes.get(flags.first + k);
    pictures.push_back(sample.rgb);
    std::cout << sample.name << ": " << sample.caption << '\n';
  }
  image::write_png(flags.sheet, draw::tile_images(pictures, std::min(flags.count, kColumns)));
}

void write_data_set(const SynthFlags& flags, const scenes::World& world,
                    const scenes::SceneDataset& scenes) {
  scenes::ExportOptions options;
  options.folder = flags.output;
  options.first = flags.first;
  options.count = flags.count;
  options.jpeg = flags.format == "jpg";
  options.overwrite = flags.overwrite;
  options.progress = cli::bar_until_stopped("synth", "scenes");
  scenes::export_coco(scenes, world, options);
  options.progress = {};  // takes the bar away
  std::cout << flags.output << ": " << flags.count << " scenes of "
            << world.vocabulary().classes.size() << " names\n";
}

void write_films(const SynthFlags& flags, const std::shared_ptr<const scenes::World>& world) {
  if (!flags.sheet.empty()) {
    fail(ErrorCode::invalid_argument, "--sheet shows scenes, not films; leave out --video");
  }
  const scenes::MovingScenes films(world, scene_options(flags), flags.motion);
  scenes::VideoExportOptions options{flags.output, flags.first, flags.count};
  options.overwrite = flags.overwrite;
  options.progress = cli::bar_until_stopped("synth", "frames");
  scenes::export_videos(films, *world, options);
  options.progress = {};  // takes the bar away
  std::cout << flags.output << ": " << flags.count << " films of " << flags.motion.frames
            << " frames\n";
}

void synth_command(const SynthFlags& flags) {
  if (!flags.list && flags.output.empty() && flags.sheet.empty()) {
    fail(ErrorCode::invalid_argument, "nothing to do: give -o FOLDER, --sheet FILE or --list");
  }
  const auto world = scenes::World::open(flags.world, {flags.min_pictures});
  if (flags.list) std::cout << scenes::concept_table(*world);
  if (flags.output.empty() && flags.sheet.empty()) return;
  if (flags.video) return write_films(flags, world);
  const scenes::SceneDataset scenes(world, scene_options(flags));
  if (!flags.sheet.empty()) write_sheet(flags, scenes);
  if (!flags.output.empty()) write_data_set(flags, *world, scenes);
}

void add_scene_options(CLI::App& command, SynthFlags& flags) {
  command.option_defaults()->group("Scenes");
  command.add_option("--size", flags.size, "Pixels: SIDE, or HEIGHT WIDTH; default 256")
      ->expected(1, 2)
      ->check(whole_number(1, 16384));
  command.add_option("--seed", flags.seed, "Scene i of a seed is always the same; default 0");
  command.add_option("--concepts", flags.concepts, "Things that may appear: seen or all")
      ->check(one_of(names_of(kConcepts)))
      ->type_name("WHICH")
      ->capture_default_str();
  command
      .add_option("--pictures", flags.pictures,
                  "Those for training (known), or those kept from it (held-out)")
      ->check(one_of(names_of(kPictures)))
      ->type_name("WHICH")
      ->capture_default_str();
  command.add_option("--licences", flags.licences, "all, or free: public domain and OFL only")
      ->check(one_of({"all", "free"}))
      ->type_name("WHICH")
      ->capture_default_str();
  command.add_option("--min-pictures", flags.min_pictures, "Concepts with fewer are left out")
      ->check(whole_number(1))
      ->capture_default_str();
  command.add_option("--min-things", flags.min_things, "Fewest things in a scene")
      ->check(whole_number(0))
      ->capture_default_str();
  command.add_option("--max-things", flags.max_things, "Most things in a scene")
      ->check(whole_number(0))
      ->capture_default_str();
}

void add_film_options(CLI::App& command, SynthFlags& flags) {
  command.option_defaults()->group("Films");
  command.add_flag("--video", flags.video,
                   "Films instead of scenes: what moves, hides and returns keeps its id; "
                   "images/video_I/, panoptic/video_I/ and panoptic.json in VIPSeg's form");
  command.add_option("--frames", flags.motion.frames, "Frames of a film")
      ->check(whole_number(1, 100000))
      ->capture_default_str();
  command.add_option("--speed", flags.motion.speed, "Of all movement; 0: nothing moves")
      ->check(number(0, 10))
      ->capture_default_str();
}

}  // namespace

void add_synth(CLI::App& app) {
  auto flags = std::make_shared<SynthFlags>();
  CLI::App* command = app.add_subcommand("synth", "Compose scenes with exact truth");
  command->add_option("--world", flags->world, "Pack of pictures; make world makes it")
      ->type_name("FILE")
      ->capture_default_str();
  command->option_defaults()->group("Output");
  command->add_option("-o,--output", flags->output, "Folder for a panoptic data set")
      ->type_name("FOLDER");
  command
      ->add_option("--count", flags->count, "Scenes or films; 0 writes the vocabulary files only")
      ->check(whole_number(0))
      ->capture_default_str();
  command->add_option("--first", flags->first, "Number of the first scene")
      ->check(whole_number(0))
      ->capture_default_str();
  command->add_option("--format", flags->format, "Of the pictures: png or jpg")
      ->check(one_of({"png", "jpg"}))
      ->type_name("FORMAT")
      ->capture_default_str();
  command->add_option("--sheet", flags->sheet, "Also (or only) one PNG with all scenes to look at")
      ->type_name("FILE");
  command->add_flag("--overwrite", flags->overwrite, "Replace the scenes that the folder holds");
  command->add_flag("--list", flags->list, "Print the concepts: split, number of pictures");
  add_scene_options(*command, *flags);
  add_film_options(*command, *flags);
  command->footer(
      "Examples:\n"
      "  fcclip synth --sheet scenes.png --count 12\n"
      "  fcclip synth --video -o films --count 4 --frames 24\n"
      "  fcclip synth -o scenes --count 500 --size 480 640 --pictures held-out");
  command->callback([flags] { synth_command(*flags); });
}

}  // namespace fcclip::apps
