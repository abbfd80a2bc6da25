#pragma once
// One question of one picture after the network: drawn, written, told.

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "apps/inputs.h"
#include "apps/output_folder.h"
#include "apps/outputs.h"
#include "apps/run_report.h"

namespace fcclip::apps {

/// What becomes of the answers, the same for all of a run.
struct PictureOutput {
  std::set<OutputKind> kinds;
  AskOptions ask;
  double tolerance_px = 1;
  OverlayStyle overlay = {};
  OutputFolder* folder = nullptr;  ///< null when nothing is written
};

/// The answers to one question, one for each task that is shown or written.
struct PictureAnswers {
  const InputPicture& picture;
  at::Tensor rgb;  ///< [H, W, 3] uint8
  const classify::Vocabulary& vocabulary;
  std::filesystem::path stem;  ///< of the files, without the kinds' endings
  std::map<results::Task, results::Segmentation> by_task = {};
  Timing timing = {};
  std::vector<std::string> warnings = {};  ///< of reading and drawing

  int64_t bytes() const;  ///< held in memory
};

/// Which tasks the kinds and the user need.
std::set<results::Task> needed_tasks(const PictureOutput& output);

struct WrittenAnswers {
  std::vector<std::filesystem::path> files, kept;
};

/// Draws and writes every kind; adds the time to answers.timing. Files that the program did not
/// write are kept. Throws what drawing and writing throw.
WrittenAnswers write_answers(const PictureOutput& output, PictureAnswers& answers);

}  // namespace fcclip::apps
