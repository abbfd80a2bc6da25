#include <algorithm>

#include <ATen/ATen.h>

#include "fcclip/classify/builtin_vocabularies.h"
#include "fcclip/core/error.h"
#include "fcclip/data/folder_index.h"
#include "fcclip/data/truth_masks.h"
#include "fcclip/eval/parallel_pictures.h"
#include "fcclip/eval/score.h"
#include "fcclip/image/label_file.h"

namespace fcclip::eval {
namespace {

namespace fs = std::filesystem;

// "/data/coco/stuffthingmaps/val2017" lies in "coco/stuffthingmaps/val2017".
bool ends_with_path(const fs::path& path, const fs::path& end) {
  const fs::path whole = fs::absolute(path / "").lexically_normal().parent_path();
  const auto all = std::distance(whole.begin(), whole.end()),
             wanted = std::distance(end.begin(), end.end());
  return all >= wanted &&
         std::equal(end.begin(), end.end(), std::next(whole.begin(), all - wanted));
}

bool has_files(const fs::path& folder, const std::vector<std::string>& suffixes) {
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    const auto fits = [&](const std::string& suffix) { return name.ends_with(suffix); };
    if (std::any_of(suffixes.begin(), suffixes.end(), fits)) return true;
  }
  return false;
}

const data::LabelForm& form_of_labels(const data::DatasetSpec& spec, const fs::path& truth) {
  if (!fs::is_directory(truth)) {
    fail(ErrorCode::not_found, truth.string(), ": no such folder");
  }
  std::vector<const data::LabelForm*> named, held;
  std::string folders;
  for (const data::LabelForm& form : spec.labels) {
    const bool has = has_files(truth, form.suffixes);
    if (has && ends_with_path(truth, form.folder)) named.push_back(&form);
    if (has) held.push_back(&form);
    folders += (folders.empty() ? "" : " or ") + form.folder;
  }
  if (!named.empty()) return *named.front();
  if (held.size() == 1) return *held.front();
  if (spec.labels.empty()) {
    fail(ErrorCode::invalid_argument, spec.name, " has no label files");
  }
  fail(held.empty() ? ErrorCode::not_found : ErrorCode::invalid_argument, truth.string(),
       held.empty() ? ": no label files of " : ": cannot tell which label files these are of ",
       spec.name, "; expected a folder that ends in ", folders);
}

// What may follow a picture's name: as `eval` writes it, or as `segment` does.
std::vector<std::string> answer_endings(const data::DatasetSpec& spec) {
  std::vector<std::string> endings;
  for (const std::string& suffix : spec.picture_suffixes) {
    endings.push_back(fs::path(suffix).stem().string() + ".semantic.png");
  }
  endings.insert(endings.end(), {".semantic.png", ".png"});
  return endings;
}

}  // namespace

SemanticScore score_semantic(const data::DatasetSpec& data_set, const SemanticFolders& folders,
                             const Progress& progress) {
  const classify::Vocabulary words = classify::builtin_vocabulary(data_set.vocabulary);
  const data::LabelForm& form = form_of_labels(data_set, folders.truth);
  const data::FolderIndex truths = data::index_folder({folders.truth}, form.suffixes, "");
  const data::FolderIndex answers =
      data::index_folder({folders.prediction}, answer_endings(data_set), "");
  std::vector<std::pair<fs::path, fs::path>> pairs;
  for (const auto& [name, file] : truths) {
    const auto answer = answers.find(name);
    if (answer == answers.end()) {
      fail(ErrorCode::not_found, (folders.prediction / (name + ".png")).string(),
           ": no such file, but the truth has ", file.string());
    }
    pairs.emplace_back(file, answer->second);
  }
  for (const auto& [name, file] : answers) {
    if (truths.contains(name)) continue;
    fail(ErrorCode::bad_format, file.string(),
         ": a prediction for a picture that is not in the truth");
  }
  const auto one = [&](int64_t index, SemanticScore& score) {
    const auto& [truth, answer] = pairs[index];
    const at::Tensor wanted = data::decode_labels(
        image::read_label_map(truth), {form.coding, data_set.ignore_label}, words, truth.string());
    score.add(wanted, image::read_label_map(answer), -1, {truth.string(), answer.string()});
  };
  return parallel_pictures(std::ssize(pairs), SemanticScore(std::ssize(words.classes)), one,
                           progress);
}

}  // namespace fcclip::eval
