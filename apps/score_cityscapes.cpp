// fcclip score cityscapes: what its own tools say of saved predictions.

#include "fcclip/eval/score_cityscapes.h"

#include <cmath>
#include <cstdio>
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "apps/score_kinds.h"
#include "fcclip/cli/progress_bar.h"
#include "fcclip/outputs/json_text.h"

namespace fcclip::apps {
namespace {

struct CityscapesFlags {
  eval::CityscapesFolders folders;
  bool json = false;
};

void print_pair(const std::string& name, double first, double second) {
  if (std::isnan(first) && std::isnan(second)) return;
  std::printf("%-24s", name.c_str());
  for (const double value : {first, second}) {
    if (std::isnan(value)) {
      std::printf("       -");
    } else {
      std::printf("  %6.2f", 100 * value);
    }
  }
  std::printf("\n");
}

void print_head(const char* first, const char* second) {
  std::printf("%-24s  %6s  %6s\n", "", first, second);
}

void print_ap(const eval::CityscapesAp& ap) {
  std::vector<double> means, firsts;
  for (int place = 0; place < eval::CityscapesAp::kClasses; ++place) {
    means.push_back(ap.ap(place));
    firsts.push_back(ap.ap50(place));
  }
  print_head("AP", "AP50");
  print_pair("instances", eval::mean_of_numbers(means), eval::mean_of_numbers(firsts));
  for (size_t place = 0; place < means.size(); ++place) {
    const int label = eval::kCityscapesThings[place];
    print_pair(std::string(eval::cityscapes_labels()[label].name), means[place], firsts[place]);
  }
}

// The mean of two measures over some names, then each.
template <typename Names, typename Measure, typename InstanceMeasure>
void print_iou(const char* title, const Names& names, const Measure& measure,
               const InstanceMeasure& instance_measure) {
  std::vector<double> all, instances;
  for (size_t i = 0; i < names.size(); ++i) {
    all.push_back(measure(i));
    instances.push_back(instance_measure(i));
  }
  print_head("IoU", "iIoU");
  print_pair(title, eval::mean_of_numbers(all), eval::mean_of_numbers(instances));
  for (size_t i = 0; i < names.size(); ++i) {
    print_pair(std::string(names[i]), all[i], instances[i]);
  }
}

void print_semantic(const eval::CityscapesIou& iou) {
  std::vector<std::string_view> names;
  for (const eval::CityscapesLabel& label : eval::cityscapes_labels()) names.push_back(label.name);
  print_iou(
      "classes", names, [&](size_t i) { return iou.iou(static_cast<int>(i)); },
      [&](size_t i) { return iou.instance_iou(static_cast<int>(i)); });
  const auto categories = eval::cityscapes_categories();
  print_iou(
      "categories", categories, [&](size_t i) { return iou.category_iou(categories[i]); },
      [&](size_t i) { return iou.category_instance_iou(categories[i]); });
}

void score_cityscapes(const CityscapesFlags& flags) {
  const eval::CityscapesScore score =
      eval::score_cityscapes(flags.folders, cli::bar_until_stopped("scoring", "images"));
  for (const std::string& line : score.remarks) std::cerr << line << '\n';
  if (flags.json) {
    std::cout << outputs::json_text(eval::to_json(score));
    return;
  }
  if (score.instances) print_ap(*score.instances);
  if (score.semantic) print_semantic(*score.semantic);
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
