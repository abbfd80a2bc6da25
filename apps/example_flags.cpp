#include "apps/example_flags.h"

#include "fcclip/cli/progress_bar.h"

namespace fcclip::apps {

void add_example_flags(CLI::App& command, ExampleFlags& flags) {
  command.option_defaults()->group("Words");
  command
      .add_option(
          "--example", flags.examples,
          "Show what NAME looks like: a cut-out, a picture with a mask (FILE:MASK, not 0 is "
          "the object), or a picture with the object in the middle; beside the word where "
          "-c or -v has it; repeat for more examples")
      ->type_name("FILE=NAME");
}

std::vector<ShownObject> read_examples(const ExampleFlags& flags) {
  std::vector<ShownObject> shown;
  for (const std::string& text : flags.examples) shown.push_back(runs::read_shown_object(text));
  return shown;
}

void show_examples(const segmenter::Segmenter& segmenter, const std::vector<ShownObject>& shown,
                   std::vector<classify::Vocabulary>& questions, bool asked,
                   const LogCallback& log) {
  runs::show_objects(segmenter, shown, questions,
                     {asked, log, cli::bar_until_stopped("examples", "examples")});
}

}  // namespace fcclip::apps
