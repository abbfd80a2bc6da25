#include "apps/help_entries.h"

#include <algorithm>
#include <sstream>

#include "apps/usage_error.h"

namespace fcclip::apps {
namespace {

// The group of this title, made when it is not there yet.
template <typename Group>
Group& group_titled(std::vector<Group>& groups, const std::string& title) {
  const auto found = std::find_if(groups.begin(), groups.end(),
                                  [&title](const Group& group) { return group.title == title; });
  if (found != groups.end()) return *found;
  groups.push_back({title, {}});
  return groups.back();
}

}  // namespace

const std::vector<HelpNote>& environment_notes() {
  static const std::vector<HelpNote> kNotes = {
      {"FCCLIP_MODEL", "model file used without --model", "--model"},
      {"FCCLIP_DATASETS",
       "folder of the data sets for eval and prepare (else DETECTRON2_DATASETS, "
       "else ./datasets)",
       "--root"},
      {"FCCLIP_MERGES", "CLIP's merge file for convert, init and tokenize", "--merges"},
      {"FCCLIP_CPU_ISA", "instruction set of the kernels: portable, avx2 or avx512; else the best",
       "--threads"},
      {"FCCLIP_VIDEO_LIBRARY",
       "library that reads and writes films; else libfcclip_video.so beside the program's own",
       "segment"},
      {"FCCLIP_WORLD_CACHE",
       "folder of the synthetic world, which make world packs and synth, train and pretrain read; "
       "else .cache/world",
       "synth train pretrain"},
      {"XDG_CACHE_HOME",
       "text features and compiled CUDA kernels are cached in its folder fcclip; else in "
       "~/.cache/fcclip",
       "--cache-folder"},
      {"RANK, WORLD_SIZE",
       "this process of how many, for train, pretrain and eval; set by torchrun "
       "(srun and mpirun have names of their own, which train knows)",
       "train pretrain eval"}};
  return kNotes;
}

const std::vector<HelpNote>& file_notes() {
  static const std::vector<HelpNote> kNotes = {
      {"PREFIX/share/fcclip/mini.safetensors",
       "the bundled model, used where no other is named; the program is PREFIX/bin/fcclip",
       "--model"},
      {"PREFIX/share/fcclip/mini.rows.safetensors",
       "text features of the built-in vocabularies for the bundled model; MODEL.rows.safetensors "
       "beside any model is read likewise (fcclip words)",
       "--cache-folder"},
      {"PREFIX/share/fcclip/bpe_simple_vocab_16e6.txt.gz",
       "CLIP's merge file, used where no other is named; the program is PREFIX/bin/fcclip",
       "--merges"},
      {"~/.cache/fcclip", "text features that were computed before; may be deleted at any time",
       "--cache-folder"}};
  return kNotes;
}

const std::vector<HelpNote>& exit_notes() {
  static const std::vector<HelpNote> kNotes = {
      {"0", "done", ""},
      {"1",
       "something named on the command line failed: a file is missing or damaged, a device is "
       "not there",
       ""},
      {"2", "the command line, or a setting, makes no sense; nothing was done", ""},
      {"130", "stopped by Ctrl-C or SIGTERM", ""}};
  return kNotes;
}

bool concerns(const HelpNote& note, const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  if (note.readers.empty() || parent == nullptr) return true;
  std::istringstream readers(note.readers);
  for (std::string reader; readers >> reader;) {
    if (reader == command.get_name() || command.get_option_no_throw(reader) != nullptr) return true;
  }
  return parent->get_parent() != nullptr && concerns(note, *parent);
}

std::string option_meaning(const CLI::Option& option) {
  std::string text = option.get_description();
  if (!option.get_default_str().empty()) text += "; default " + option.get_default_str();
  if (option.get_required() && option.nonpositional()) text += " (needed)";
  return text;
}

std::string positional_name(const CLI::Option& option) {
  return option.get_type_name() + (option.get_items_expected_max() > 1 ? "..." : "");
}

std::string command_usage(const CLI::App& command) {
  std::string line = command_path(command);
  if (!command.get_subcommands({}).empty()) {
    line += command.get_parent() == nullptr ? " COMMAND" : " KIND";
  }
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) continue;
    const std::string name = positional_name(*option);
    line += option->get_required() ? ' ' + name : " [" + name + ']';
  }
  for (const CLI::Option* option : command.get_options()) {
    if (option->nonpositional() && option->get_required()) {
      line += " --" + option->get_lnames().front() + ' ' + option->get_type_name();
    }
  }
  return line + " [OPTIONS]";
}

std::vector<OptionGroup> option_groups(const CLI::App& command) {
  std::vector<OptionGroup> groups;
  const CLI::Option* help = command.get_help_ptr();
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_positional() || option->get_group().empty() || option == help) continue;
    group_titled(groups, option->get_group()).options.push_back(option);
  }
  if (help == nullptr) return groups;
  std::vector<const CLI::Option*>& beside = group_titled(groups, help->get_group()).options;
  beside.insert(beside.begin(), help);
  return groups;
}

std::vector<PartGroup> part_groups(const CLI::App& command) {
  std::vector<PartGroup> groups;
  for (const CLI::App* part : command.get_subcommands({})) {
    group_titled(groups, part->get_group()).parts.push_back(part);
  }
  return groups;
}

}  // namespace fcclip::apps
