// fcclip score cityscapes: what its own tools say of saved predictions.

#include "fcclip/eval/score_cityscapes.h"

#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "apps/score_kinds.h"
#include "fcclip/cli/progress_bar.h"
#include "fcclip/eval/score_tables.h"
#include "fcclip/outputs/json_text.h"

namespace fcclip::apps {
namespace {

struct CityscapesFlags {
  eval::CityscapesFolders folders;
  bool json = false;
};

void score_cityscapes(const CityscapesFlags& flags) {
  const eval::CityscapesScore score =
      eval::score_cityscapes(flags.folders, cli::bar_until_stopped("scoring", "images"));
  for (const std::string& line : score.remarks) std::cerr << line << '\n';
  std::cout << (flags.json ? outputs::json_text(eval::to_json(score)) : eval::score_table(score));
}

}  // namespace

void add_score_cityscapes(CLI::App& score_command) {
  auto flags = std::make_shared<CityscapesFlags>();
  CLI::App* kind = score_command.add_subcommand("cityscapes",
                                                "Cityscapes' own AP, IoU and iIoU, from its files");
  kind->group("Kinds");
  kind->add_option(
          "truth", flags->folders.truth,
          "Folder of *_gtFine_instanceIds.png and *_gtFine_labelIds.png; of gtFine its val")
      ->required()
      ->type_name("GTFINE");
  kind->add_option("--instances", flags->folders.instances,
                   "Text files with a line a mask: file, label id, confidence")
      ->type_name("FOLDER");
  kind->add_option("--semantic", flags->folders.semantic, "PNGs of label ids")->type_name("FOLDER");
  kind->add_flag("--json", flags->json, "All numbers as JSON, named as in the official results");
  kind->footer(
      "Example:\n"
      "  fcclip score cityscapes gtFine/ --instances masks/ --semantic labels/");
  kind->callback([flags] { score_cityscapes(*flags); });
}

}  // namespace fcclip::apps
