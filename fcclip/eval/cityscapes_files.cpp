#include "fcclip/eval/cityscapes_files.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <sstream>

#include "fcclip/core/error.h"
#include "fcclip/data/file_table.h"
#include "fcclip/eval/cityscapes_labels.h"
#include "fcclip/io/atomic_file.h"

namespace fcclip::eval {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::optional<double> number_in(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

bool is_below(const fs::path& file, const fs::path& folder) {
  const auto [end, rest] = std::mismatch(folder.begin(), folder.end(), file.begin(), file.end());
  return end == folder.end();
}

// Where a line stands, and below which folder its mask must lie.
struct LinePlace {
  const fs::path& file;
  fs::path root;  // canonical
  int64_t number = 0;

  template <typename... Parts>
  [[noreturn]] void refuse(const Parts&... parts) const {
    fail(ErrorCode::bad_format, file.string(), ": line ", number, ": ", parts...);
  }
};

fs::path mask_of(const std::string& name, const LinePlace& place) {
  if (fs::path(name).is_absolute()) {
    place.refuse("'", name, "' is an absolute path; masks are named relative to the text file");
  }
  const fs::path mask = place.file.parent_path() / name;
  if (!is_below(fs::weakly_canonical(mask), place.root)) {
    place.refuse("'", name, "' leads out of the folder of predictions ", place.root.string());
  }
  return mask;
}

CityscapesPrediction prediction_in(const std::vector<std::string>& words, const LinePlace& place) {
  if (words.size() != 3) {
    place.refuse(words.size(), words.size() == 1 ? " word" : " words",
                 ", expected three: the mask's file, the label id, the confidence (file names "
                 "without blanks)");
  }
  CityscapesPrediction one{mask_of(words[0], place)};
  const std::optional<double> label = number_in(words[1]), confidence = number_in(words[2]);
  // −1 is the licence plate, which is not scored.
  if (!label || *label <= -2 || *label >= kCityscapesLabels) {
    place.refuse("'", words[1], "' is no label id of Cityscapes (24 to 33 have instances)");
  }
  if (!confidence) place.refuse("the confidence '", words[2], "' is not a finite number");
  one.label = static_cast<int>(*label);
  one.confidence = *confidence;
  return one;
}

void add_or_replace(std::vector<CityscapesPrediction>& all, CityscapesPrediction one) {
  const auto same = std::find_if(all.begin(), all.end(), [&](const CityscapesPrediction& before) {
    return before.mask.lexically_normal() == one.mask.lexically_normal();
  });
  if (same == all.end()) {
    all.push_back(std::move(one));
  } else {
    *same = std::move(one);
  }
}

}  // namespace

std::vector<CityscapesPrediction> read_cityscapes_predictions(const fs::path& file,
                                                              const fs::path& root) {
  std::istringstream in(io::read_file(file));
  LinePlace place{file, fs::weakly_canonical(root)};
  std::vector<CityscapesPrediction> predictions;
  for (std::string line; std::getline(in, line);) {
    ++place.number;
    const std::vector<std::string> words = words_of(line);
    if (!words.empty()) add_or_replace(predictions, prediction_in(words, place));
  }
  return predictions;
}

void write_cityscapes_predictions(const fs::path& file,
                                  const std::vector<CityscapesPrediction>& predictions) {
  std::string text;
  for (const CityscapesPrediction& one : predictions) {
    char number[32];
    const auto end = std::to_chars(number, number + sizeof number, one.confidence).ptr;
    text +=
        one.mask.string() + " " + std::to_string(one.label) + " " + std::string(number, end) + "\n";
  }
  io::write_atomically(file, text);
}

CityscapesPredictions::CityscapesPredictions(fs::path folder, std::string suffix)
    : folder_(std::move(folder)), suffix_(std::move(suffix)) {
  // "out/" and "out" are one folder.
  if (!folder_.has_filename()) folder_ = folder_.parent_path();
  if (!fs::is_directory(folder_)) {
    fail(ErrorCode::not_found, folder_.string(),
         fs::exists(folder_) ? ": a file; expected a folder of predictions" : ": no such folder");
  }
  for (const auto& entry :
       fs::recursive_directory_iterator(folder_, fs::directory_options::follow_directory_symlink)) {
    const std::string name = entry.path().filename().string();
    if (data::is_hidden(entry.path()) || !name.ends_with(suffix_)) continue;
    files_.emplace(name, entry.path());
  }
}

const fs::path& CityscapesPredictions::of(const std::string& picture) const {
  std::vector<const fs::path*> found;
  for (auto file = files_.lower_bound(picture); file != files_.end(); ++file) {
    const std::string& name = file->first;
    if (!name.starts_with(picture)) break;
    // …_000019 is not the prediction of …_00001.
    const bool goes_on = std::isdigit(static_cast<unsigned char>(name[picture.size()])) != 0;
    if (!goes_on) found.push_back(&file->second);
  }
  if (found.size() > 1) {
    std::vector<const fs::path*> labels;
    std::copy_if(found.begin(), found.end(), std::back_inserter(labels), [](const fs::path* file) {
      return file->filename().string().ends_with("labelIds.png");
    });
    if (labels.size() == 1) return *labels.front();
    fail(ErrorCode::bad_format, found[0]->string(), " and ", found[1]->string(),
         ": two predictions of one picture; leave one ", picture, "*", suffix_, " in ",
         folder_.string());
  }
  if (found.empty()) {
    fail(ErrorCode::not_found, folder_.string(), ": no prediction for ", picture, "; expected ",
         picture, "*", suffix_,
         suffix_ == ".txt" ? " (an empty one where nothing was found)" : " with label ids");
  }
  return *found.front();
}

}  // namespace fcclip::eval
