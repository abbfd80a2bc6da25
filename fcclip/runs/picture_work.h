#pragma once
// One question of one picture after the network: drawn and written.

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "fcclip/outputs/render.h"
#include "fcclip/runs/inputs.h"
#include "fcclip/runs/output_folder.h"
#include "fcclip/runs/run_times.h"

namespace fcclip::runs {

/// What becomes of the answers, the same for all of a run.
struct PictureOutput {
  std::set<outputs::OutputKind> kinds;
  results::Task asked = results::Task::panoptic;  ///< by the user, whatever else the kinds need
  outputs::RenderOptions rendering;
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

}  // namespace fcclip::runs
