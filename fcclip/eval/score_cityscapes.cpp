#include "fcclip/eval/score_cityscapes.h"

#include <algorithm>
#include <map>

#include <ATen/ATen.h>

#include "fcclip/core/error.h"
#include "fcclip/data/folder_index.h"
#include "fcclip/eval/cityscapes_files.h"
#include "fcclip/eval/cityscapes_instances.h"
#include "fcclip/eval/parallel_pictures.h"
#include "fcclip/image/label_file.h"

namespace fcclip::eval {
namespace {

namespace fs = std::filesystem;

constexpr const char* kInstancesEnding = "_gtFine_instanceIds.png";
constexpr const char* kLabelsEnding = "_gtFine_labelIds.png";

// A picture's files.
struct Pair {
  fs::path truth, prediction;
};

struct InstanceSums {
  CityscapesAp ap;
  int64_t lines = 0;        // of predictions
  int64_t other_lines = 0;  // of classes without instances
  void merge(const InstanceSums& other) {
    ap.merge(other.ap);
    lines += other.lines;
    other_lines += other.other_lines;
  }
};

std::vector<Pair> pair_up(const fs::path& truth, const char* suffix,
                          const CityscapesPredictions& predictions) {
  const fs::path validation = truth / "val";
  std::vector<Pair> pairs;
  for (const auto& [picture, file] :
       data::index_folder({fs::is_directory(validation) ? validation : truth}, {suffix},
                          "; expected the gtFine folder of gtFine_trainvaltest.zip")) {
    pairs.push_back({file, predictions.of(picture)});
  }
  return pairs;
}

// What is thrown names the file.
template <typename Work>
void naming(const fs::path& file, const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    const std::string message = error.what();
    if (message.find(file.string()) != std::string::npos) throw;
    fail(error.code(), file.string(), ": ", message);
  }
}

void add_picture(const Pair& pair, const fs::path& root, InstanceSums& sums) {
  CityscapesInstances instances(image::read_label_map(pair.truth), pair.truth.string());
  for (const CityscapesPrediction& one : read_cityscapes_predictions(pair.prediction, root)) {
    ++sums.lines;
    if (std::find(kCityscapesThings.begin(), kCityscapesThings.end(), one.label) ==
        kCityscapesThings.end()) {
      ++sums.other_lines;
      continue;
    }
    if (!fs::exists(one.mask)) {
      fail(ErrorCode::not_found, one.mask.string(), ": no such file; ", pair.prediction.string(),
           " names it");
    }
    naming(one.mask, [&] { instances.add(one.label, one.confidence, image::read_mask(one.mask)); });
  }
  instances.score(sums.ap);
}

void score_masks(const CityscapesFolders& folders, const Progress& progress,
                 CityscapesScore& score) {
  const CityscapesPredictions predictions(folders.instances, ".txt");
  const std::vector<Pair> pairs = pair_up(folders.truth, kInstancesEnding, predictions);
  const auto one = [&](int64_t index, InstanceSums& sums) {
    add_picture(pairs[index], predictions.folder(), sums);
  };
  InstanceSums sums = parallel_pictures<InstanceSums>(std::ssize(pairs), {}, one, progress);
  if (sums.lines > 0 && sums.other_lines == sums.lines) {
    score.remarks.push_back(folders.instances.string() +
                            ": no prediction has a class with instances (label ids 24 to 33); "
                            "are these train ids?");
  }
  score.instances = std::move(sums.ap);
  score.pictures = std::ssize(pairs);
}

// Train ids are 0 to 18, of which most are label ids that no system predicts.
bool may_be_train_ids(const CityscapesIou& iou) {
  constexpr int kMostTrainIds = 19;
  bool has_unscored = false;
  for (int cell = 0; cell < CityscapesIou::kCells; ++cell) {
    if (iou.confusion()[cell] == 0) continue;
    const int predicted = cell % kCityscapesLabels;
    if (predicted >= kMostTrainIds) return false;
    has_unscored |= !cityscapes_labels()[predicted].is_scored;
  }
  return has_unscored;
}

void score_label_ids(const CityscapesFolders& folders, const Progress& progress,
                     CityscapesScore& score) {
  const CityscapesPredictions predictions(folders.semantic, ".png");
  const std::vector<Pair> pairs = pair_up(folders.truth, kLabelsEnding, predictions);
  const auto one = [&](int64_t index, CityscapesIou& sums) {
    const auto& [labels, prediction] = pairs[index];
    std::string name = labels.filename().string();
    name.replace(name.size() - std::string_view(kLabelsEnding).size(), std::string::npos,
                 kInstancesEnding);
    const fs::path instances = labels.parent_path() / name;
    sums.add(image::read_label_map(labels), image::read_label_map(instances),
             image::read_label_map(prediction),
             {labels.string(), instances.string(), prediction.string()});
  };
  score.semantic = parallel_pictures<CityscapesIou>(std::ssize(pairs), {}, one, progress);
  if (may_be_train_ids(*score.semantic)) {
    score.remarks.push_back(folders.semantic.string() +
                            ": no label id above 18, and ids that are not scored; are these train "
                            "ids? (eval writes label ids into cityscapes_semantic)");
  }
  score.pictures = std::ssize(pairs);
}

}  // namespace

CityscapesScore score_cityscapes(const CityscapesFolders& folders, const Progress& progress) {
  if (folders.instances.empty() && folders.semantic.empty()) {
    fail(ErrorCode::invalid_argument,
         "nothing to score: give --instances FOLDER, --semantic FOLDER, or both");
  }
  CityscapesScore score;
  if (!folders.instances.empty()) score_masks(folders, progress, score);
  if (!folders.semantic.empty()) score_label_ids(folders, progress, score);
  return score;
}

}  // namespace fcclip::eval
