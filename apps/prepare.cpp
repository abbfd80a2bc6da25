// fcclip prepare: the conversions that a downloaded data set needs.

#include "fcclip/data/prepare.h"

#include <iostream>

#include "apps/commands.h"
#include "apps/option_checks.h"
#include "apps/progress.h"
#include "fcclip/data/registry.h"

namespace fcclip::apps {
namespace {

struct PrepareFlags {
  std::string name, root;
};

void prepare(const PrepareFlags& flags) {
  std::unique_ptr<Progress> bar;
  data::PrepareOptions options{data::datasets_root(flags.root), {}};
  options.progress = [&](int64_t done, int64_t total) {
    if (!bar) bar = std::make_unique<Progress>("preparing " + flags.name, total, "images");
    bar->update(done);
  };
  data::prepare(flags.name, options);
  bar.reset();
  std::cout << flags.name << " is ready below " << options.root.string() << '\n';
}

}  // namespace

void add_prepare(CLI::App& app) {
  auto flags = std::make_shared<PrepareFlags>();
  CLI::App* command = app.add_subcommand("prepare", "Convert a downloaded data set for eval");
  std::string names;
  for (const std::string& name : data::preparable()) names += (names.empty() ? "" : ", ") + name;
  command->add_option("name", flags->name, names)
      ->required()
      ->type_name("NAME")
      ->check(one_of(data::preparable()));
  command
      ->add_option("--root", flags->root,
                   "Folder of the data sets; default $FCCLIP_DATASETS or ./datasets")
      ->type_name("FOLDER");
  command->footer(
      "Example:\n"
      "  fcclip prepare ade20k_150 --root /data");
  command->callback([flags] { prepare(*flags); });
}

}  // namespace fcclip::apps
