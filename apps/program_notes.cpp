#include "apps/program_notes.h"

namespace fcclip::apps {

const std::vector<cli::HelpNote>& environment_notes() {
  static const std::vector<cli::HelpNote> kNotes = {
      {"FCCLIP_MODEL", "model file used without --model", "--model"},
      {"FCCLIP_DATASETS",
       "folder of the data sets for eval and prepare (else DETECTRON2_DATASETS, "
       "else ./datasets)",
       "--root"},
      {"FCCLIP_MERGES", "CLIP's merge file for convert, init and tokenize", "--merges"},
      {"FCCLIP_CPU_ISA",
       "instruction set of the kernels: portable, avx2, avx512 or amx; else the best", "--threads"},
      {"FCCLIP_CUDA_GRAPHS",
       "0: on a GPU each operation of the network is launched alone; else all of a picture's at "
       "once, from the second picture of a size on",
       "--device"},
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

const std::vector<cli::HelpNote>& file_notes() {
  static const std::vector<cli::HelpNote> kNotes = {
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

const std::vector<cli::HelpNote>& exit_notes() {
  static const std::vector<cli::HelpNote> kNotes = {
      {"0", "done", ""},
      {"1",
       "something named on the command line failed: a file is missing or damaged, a device is "
       "not there",
       ""},
      {"2", "the command line, or a setting, makes no sense; nothing was done", ""},
      {"130", "stopped by Ctrl-C or SIGTERM", ""}};
  return kNotes;
}

const cli::ForeignNames& foreign_names() {
  static const cli::ForeignNames kNames = {
      {"--conf", "--min-score"},      {"--confidence-threshold", "--min-score"},
      {"--score-thr", "--min-score"}, {"--threshold", "--min-score"},
      {"--imgsz", "--short-side"},    {"--img-size", "--short-side"},
      {"--weights", "--model"},       {"--checkpoint", "--model"},
      {"--ckpt", "--model"},          {"--labels", "--classes"},
      {"--names", "--classes"},       {"--prompt", "--classes"},
      {"--text", "--classes"},        {"--words", "--classes"},
      {"--out", "--output"},          {"--out-dir", "--output"},
      {"--save-dir", "--output"},     {"--format", "--write"},
      {"--gpu", "--device cuda"},     {"--cuda", "--device cuda"},
      {"--workers", "--threads"},     {"--num-threads", "--threads"},
      {"--jobs", "--threads"},        {"--epochs", "--steps"},
      {"--iters", "--steps"}};
  return kNames;
}

}  // namespace fcclip::apps
