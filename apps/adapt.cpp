// fcclip adapt: rows of your classes from a handful of labelled pictures.

#include <iostream>

#include "apps/commands.h"
#include "apps/eval_flags.h"
#include "apps/option_checks.h"
#include "apps/own_file.h"
#include "fcclip/adapt/adapt_words.h"
#include "fcclip/cli/progress_bar.h"
#include "fcclip/cli/stop_signal.h"
#include "fcclip/core/counted.h"
#include "fcclip/core/error.h"
#include "fcclip/core/listed.h"
#include "fcclip/data/registry.h"
#include "fcclip/words/row_file.h"

namespace fcclip::apps {
namespace {

struct AdaptFlags {
  EvalFlags data;
  std::string output = "words.safetensors";
  std::optional<double> pull;
  bool overwrite = false;
};

std::unique_ptr<data::DatasetSplit> open_pictures(const EvalFlags& flags) {
  if (!flags.datasets.empty() && flags.own.has_truth()) {
    fail(ErrorCode::invalid_argument, "one data set: ", flags.datasets.front(), ", or your own");
  }
  if (flags.datasets.size() == 1) {
    const data::DatasetSpec& spec = data::find_dataset(flags.datasets.front(), kOwnDataAdvice);
    return data::open_split(data::split_of(spec, data::Split::training),
                            data::datasets_root(flags.root));
  }
  if (flags.own.has_truth()) return std::move(open_own(flags).split);
  fail(ErrorCode::invalid_argument,
       "no labelled pictures: name a data set, or give --panoptic-json, --instances-json or "
       "--label-pngs with --images");
}

void tell_unseen(const adapt::SeenPictures& seen, const classify::Vocabulary& words) {
  constexpr size_t kShown = 8;
  std::vector<std::string> names = adapt::unseen_names(seen, words);
  if (names.empty()) return;
  const size_t all = names.size();
  if (all > kShown) names.resize(kShown);
  std::cerr << "fcclip: no labelled picture shows " << listed(names) << (all > kShown ? ", …" : "")
            << (all > 1 ? "; these " + std::to_string(all) + " keep their words\n"
                        : "; it keeps its word\n");
}

void adapt_command(const AdaptFlags& flags) {
  check_own_or_new(flags.output, flags.overwrite);
  const std::unique_ptr<data::DatasetSplit> pictures = open_pictures(flags.data);
  for (const std::string& line : pictures->remarks()) std::cerr << line << '\n';
  const segmenter::Segmenter segmenter = load_segmenter(flags.data.model);
  cli::announce_stop("stopping; nothing is written");
  adapt::AdaptOptions options;
  options.size = {flags.data.short_side, flags.data.max_side};
  options.limit = flags.data.limit;
  if (flags.pull) options.in_vocabulary.pull = options.out_of_vocabulary.pull = *flags.pull;
  const segmenter::PreparedVocabulary words =
      segmenter.prepare(pictures->vocabulary(), cli::bar_until_stopped("words", "words"));
  options.pictures = cli::bar_until_stopped("pictures", "pictures");
  const adapt::SeenPictures seen = adapt::see_pictures(segmenter, *pictures, words, options);
  options.pictures = {};  // takes the bar away
  tell_unseen(seen, words.vocabulary);
  options.in_vocabulary.progress = cli::bar_until_stopped("fitting", "steps");
  options.out_of_vocabulary.progress = options.in_vocabulary.progress;
  const classify::Vocabulary adapted = adapt::adapted_words(segmenter, seen, words, options);
  words::save_row_file(flags.output, adapted);
  const auto fitted = std::ranges::count_if(seen.pictures, [](int64_t count) { return count > 0; });
  std::cout << flags.output << ": rows of " << counted(fitted, "class", "classes") << " from "
            << counted(std::ssize(seen.out_of_vocabulary.classes), "mask", "masks")
            << "; ask with -v " << flags.output << '\n';
}

}  // namespace

void add_adapt(CLI::App& app) {
  auto flags = std::make_shared<AdaptFlags>();
  CLI::App* command =
      app.add_subcommand("adapt", "Fit your classes to a handful of labelled pictures, in seconds");
  command
      ->add_option("datasets", flags->data.datasets,
                   "A data set that fcclip eval knows; its training pictures are taken")
      ->type_name("DATASET")
      ->expected(0, 1);
  command
      ->add_option("--root", flags->data.root,
                   "Folder of the data sets; default $FCCLIP_DATASETS or ./datasets")
      ->type_name("FOLDER");
  command->add_option("--limit", flags->data.limit, "Only the first NUMBER pictures; default all")
      ->check(whole_number(1));
  command
      ->add_option("--pull", flags->pull,
                   "How strongly rows are held at their words; more for fewer or worse labels")
      ->check(number(0, 1000000));
  add_own_data_flags(*command, flags->data);
  add_size_flags(*command, flags->data.short_side, flags->data.max_side, "the model's");
  command->option_defaults()->group("Output");
  command->add_option("-o,--output", flags->output, "Words with rows, for -v")
      ->type_name("FILE")
      ->capture_default_str();
  add_overwrite_flag(*command, flags->overwrite);
  add_model_flags(*command, flags->data.model);
  command->footer(
      "Examples:\n"
      "  fcclip adapt --images pictures/ --panoptic-json few.json -o mine.safetensors\n"
      "  fcclip segment photo.jpg -v mine.safetensors -o out");
  command->callback([flags] { adapt_command(*flags); });
}

}  // namespace fcclip::apps
