// fcclip prepare: the conversions that a downloaded data set needs.

#include "fcclip/data/prepare.h"

#include <iostream>

#include "apps/commands.h"
#include "apps/option_checks.h"
#include "fcclip/cli/progress_bar.h"
#include "fcclip/core/listed.h"
#include "fcclip/data/registry.h"

namespace fcclip::apps {
namespace {

struct PrepareFlags {
  std::string name, root, split = "val";
};

void prepare(const PrepareFlags& flags) {
  const std::filesystem::path root = data::datasets_root(flags.root);
  const std::string& data_set = data::find_dataset(flags.name).name;  // of an alias too
  for (const data::Split split : {data::Split::validation, data::Split::training}) {
    const std::string name = split == data::Split::training ? "train" : "val";
    if (flags.split != name && flags.split != "all") continue;
    const std::string what = data_set + (name == "train" ? " (train)" : "");
    data::prepare(data_set, {root, cli::bar_until_stopped("preparing " + what, "images"), split});
    std::cout << what << " is ready below " << root.string() << '\n';
  }
}

}  // namespace

void add_prepare(CLI::App& app) {
  auto flags = std::make_shared<PrepareFlags>();
  CLI::App* command =
      app.add_subcommand("prepare", "Convert a downloaded data set for eval and train");
  command->add_option("name", flags->name, listed(data::preparable()))
      ->required()
      ->type_name("NAME");
  command
      ->add_option("--root", flags->root,
                   "Folder of the data sets; default $FCCLIP_DATASETS or ./datasets")
      ->type_name("FOLDER");
  command->add_option("--split", flags->split, "val: for eval; train: for training; all: both")
      ->type_name("SPLIT")
      ->capture_default_str()
      ->check(one_of({"val", "train", "all"}));
  command->footer(
      "Examples:\n"
      "  fcclip prepare ade20k_150 --root /data\n"
      "  fcclip prepare ade20k_150 --split train");
  command->callback([flags] { prepare(*flags); });
}

}  // namespace fcclip::apps
