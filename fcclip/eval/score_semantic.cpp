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

// "gtFine" means its "val", "annotations" its "validation": the split that results are of.
fs::path split_folder(const data::DatasetSpec& spec, const fs::path& truth) {
  for (const data::LabelForm& form : spec.labels) {
    const fs::path split = truth / fs::path(form.folder).filename();
    if (fs::is_directory(split) && has_files(split, form.suffixes)) return split;
  }
  return truth;
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

// What follows a picture's name: in a folder of `segment`, which may hold other PNGs of the picture,
// or in one of `eval`.
std::vector<std::string> answer_endings(const data::DatasetSpec& spec, const fs::path& folder) {
  std::vector<std::string> endings;
  for (const std::string& suffix : spec.picture_suffixes) {
    endings.push_back(fs::path(suffix).stem().string() + ".semantic.png");
  }
  endings.emplace_back(".semantic.png");
  if (!has_files(folder, endings)) endings = {".png"};
  return endings;
}

// What one of the other entries of a folder without PNGs says.
std::string why_not_png(const fs::path& folder, const std::vector<fs::path>& others) {
  if (others.empty()) return "";
  const fs::path& first = *std::min_element(others.begin(), others.end());
  if (fs::is_directory(folder / first)) {
    return ", but folders such as " + first.string() +
           "; --dataset NAME reads the layouts of published data sets";
  }
  return "; their names end in .png, that of " + first.string() + " does not";
}

std::vector<fs::path> label_pngs(const fs::path& folder) {
  if (!fs::is_directory(folder)) {
    fail(ErrorCode::not_found, folder.string(),
         fs::exists(folder) ? ": a file; expected a folder of label PNGs" : ": no such folder");
  }
  std::vector<fs::path> names, others;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const fs::path name = entry.path().filename();
    if (name.string().starts_with('.')) continue;
    (name.extension() == ".png" ? names : others).push_back(name);
  }
  std::sort(names.begin(), names.end());
  if (names.empty()) {
    fail(ErrorCode::not_found, folder.string(), ": no PNG files in it",
         why_not_png(folder, others));
  }
  return names;
}

// A pixel without an answer counts nowhere, so leaving out the hard ones would pay.
void need_answers(const at::Tensor& truth, const at::Tensor& prediction, int64_t ignore,
                  const fs::path& file) {
  const auto open = at::logical_and(prediction.eq(ignore), truth.ne(ignore)).sum().item<int64_t>();
  if (open == 0) return;
  fail(ErrorCode::bad_format, file.string(), ": ", open, open == 1 ? " pixel has" : " pixels have",
       " the ignored label ", ignore,
       " where the truth has a class; a prediction needs a class at every labelled pixel");
}

}  // namespace

SemanticScore score_semantic(const SemanticFolders& folders, const Progress& progress) {
  const std::vector<fs::path> names = label_pngs(folders.truth);
  for (const fs::path& name : label_pngs(folders.prediction)) {
    if (!std::binary_search(names.begin(), names.end(), name)) {
      fail(ErrorCode::bad_format, (folders.prediction / name).string(),
           ": a prediction for a picture that is not in the truth");
    }
  }
  const auto one = [&](int64_t index, SemanticScore& score) {
    const fs::path truth = folders.truth / names[index], got = folders.prediction / names[index];
    const at::Tensor wanted = image::read_label_map(truth), found = image::read_label_map(got);
    score.add(wanted, found, folders.ignore, {truth.string(), got.string()});
    need_answers(wanted, found, folders.ignore, got);
  };
  return parallel_pictures(std::ssize(names), SemanticScore(folders.classes), one, progress);
}

SemanticScore score_semantic(const data::DatasetSpec& data_set, const SemanticFolders& folders,
                             const Progress& progress) {
  const classify::Vocabulary words = classify::builtin_vocabulary(data_set.vocabulary);
  const fs::path truth_folder = split_folder(data_set, folders.truth);
  const data::LabelForm& form = form_of_labels(data_set, truth_folder);
  const data::FolderIndex truths = data::index_folder({truth_folder}, form.suffixes, "");
  const data::FolderIndex answers =
      data::index_folder({folders.prediction}, answer_endings(data_set, folders.prediction), "");
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
