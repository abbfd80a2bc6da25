// fcclip words: the text rows of vocabularies, encoded once, in a file beside the model.

#include <iomanip>
#include <iostream>

#include "apps/commands.h"
#include "apps/own_file.h"
#include "apps/place_flags.h"
#include "apps/segment_options.h"
#include "fcclip/classify/markings.h"
#include "fcclip/classify/rows_file.h"
#include "fcclip/cli/progress_bar.h"
#include "fcclip/words/every_word.h"

namespace fcclip::apps {
namespace {

struct WordsFlags {
  ModelFlags model;
  std::vector<std::string> vocabularies;
  std::string output;
  bool overwrite = false;
};

void write_words(const WordsFlags& flags) {
  const std::filesystem::path model = find_model(flags.model.model);
  const std::filesystem::path output =
      flags.output.empty() ? classify::rows_file_of(model) : std::filesystem::path(flags.output);
  check_own_or_new(output, flags.overwrite);
  const classify::Vocabulary words = words::every_word(flags.vocabularies);
  const std::vector<std::string> texts = classify::all_words(words);
  ModelFlags fresh = flags.model;
  fresh.no_cache = true;
  const segmenter::Segmenter segmenter = load_segmenter(fresh);
  const segmenter::PreparedVocabulary prepared =
      segmenter.prepare(words, cli::bar_until_stopped("reading words", "words"));
  classify::save_rows(output, segmenter.rows_origin(), texts, prepared.classifier.rows);
  std::cout << output.string() << ": " << texts.size() << " words, encoded in " << std::fixed
            << std::setprecision(1) << prepared.seconds << " s\n";
}

}  // namespace

void add_words(CLI::App& app) {
  auto flags = std::make_shared<WordsFlags>();
  CLI::App* command = app.add_subcommand(
      "words", "Encode words once for all: a file beside the model, from which they are read");
  command->option_defaults()->group("Words");
  command
      ->add_option("-v,--vocabulary", flags->vocabularies,
                   "A file, a built-in name or a+b; repeat for more; default all that are built in")
      ->type_name("VOCABULARY")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->option_defaults()->group("Output");
  command
      ->add_option("-o,--output", flags->output,
                   "File to write; default beside the model, where it is looked for: "
                   "mini.safetensors has mini.rows.safetensors")
      ->type_name("FILE");
  add_overwrite_flag(*command, flags->overwrite);
  command->option_defaults()->group("Model");
  command
      ->add_option("-m,--model", flags->model.model,
                   "Model file whose text tower encodes them; default $FCCLIP_MODEL or the "
                   "bundled model")
      ->type_name("FILE");
  add_place_flags(*command, flags->model.device, flags->model.threads);
  command->footer(
      "Examples:\n"
      "  fcclip words --model fcclip-large.safetensors\n"
      "  fcclip words --model fcclip-large.safetensors -v voc20 -v words.txt");
  command->callback([flags] { write_words(*flags); });
}

}  // namespace fcclip::apps
