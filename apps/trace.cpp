// fcclip trace: every intermediate tensor of one image, for comparison with the reference.

#include <iostream>

#include "apps/commands.h"
#include "apps/own_file.h"
#include "apps/picture_flags.h"
#include "apps/segment_options.h"
#include "fcclip/core/error.h"
#include "fcclip/image/image_file.h"
#include "fcclip/io/safetensors.h"
#include "fcclip/outputs/json_text.h"
#include "fcclip/runs/inputs.h"
#include "fcclip/segmenter/trace_image.h"
#include "fcclip/words/templates.h"

namespace fcclip::apps {
namespace {

struct TraceFlags {
  std::string image, output;
  bool overwrite = false;
  ModelFlags model;
  WordFlags words;
  AskFlags ask;
  PictureFlags picture;
};

void trace(const TraceFlags& flags) {
  check_own_or_new(flags.output, flags.overwrite);
  const model::Config config = model_config(flags.model);
  const std::vector<classify::Vocabulary> questions = load_questions(flags.words, config);
  if (questions.size() != 1) {
    fail(ErrorCode::invalid_argument, "trace takes one vocabulary, got ", questions.size());
  }
  image::ReadOptions reading = read_options(flags.picture);
  reading.log = [](LogLevel, const std::string& message) {
    std::cerr << "fcclip: warning: " << message << '\n';
  };
  const at::Tensor rgb =
      flags.image == "-" ? image::decode_rgb(runs::read_standard_input(), "standard input", reading)
                         : image::read_rgb(flags.image, reading);
  const std::vector<std::string> templates = words::load_templates(flags.words.templates);
  tell_bundled_model(flags.model, config, questions);
  const segmenter::Segmenter segmenter = load_segmenter(flags.model);
  const segmenter::PreparedVocabulary vocabulary =
      segmenter.prepare(questions.front(), {}, templates);
  const io::NamedTensors tensors = segmenter::trace_image(
      segmenter, rgb, encode_size(flags.ask), vocabulary, ask_options(flags.ask, segmenter));
  io::save_safetensors(
      flags.output, tensors,
      {{"format", "fcclip-trace-1"},
       {"image", nlohmann::json::parse(outputs::json_line(flags.image)).get<std::string>()}});
  std::cout << flags.output << ": " << tensors.size() << " tensors\n";
}

}  // namespace

void add_trace(CLI::App& app) {
  auto flags = std::make_shared<TraceFlags>();
  CLI::App* command = app.add_subcommand(
      "trace", "Write every intermediate tensor of one image under the reference's names");
  command->add_option("image", flags->image, "Picture, or - for standard input")
      ->type_name("PICTURE")
      ->required();
  command->option_defaults()->group("Output");
  command->add_option("-o,--output", flags->output, "Safetensors file to write")
      ->type_name("FILE")
      ->required();
  add_overwrite_flag(*command, flags->overwrite);
  add_word_flags(*command, flags->words);
  add_size_flags(*command, flags->ask.short_side, flags->ask.max_side, "the model's");
  add_inference_flags(*command, flags->ask);
  add_picture_flags(*command, flags->picture);
  add_model_flags(*command, flags->model);
  command->footer(
      "Example:\n"
      "  fcclip trace photo.jpg -v coco -o photo.safetensors");
  command->callback([flags] { trace(*flags); });
}

}  // namespace fcclip::apps
