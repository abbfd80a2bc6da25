#include "apps/picture_reporter.h"

#include <iostream>
#include <sys/stat.h>

#include "apps/failure.h"
#include "apps/json_text.h"
#include "apps/report.h"
#include "apps/standard_streams.h"

namespace fcclip::apps {
namespace {

namespace fs = std::filesystem;

constexpr size_t kListedFailures = 1000;

}  // namespace

std::string file_state(const InputPicture& picture) {
  struct stat about {};
  if (picture.path.empty() || ::stat(picture.path.c_str(), &about) != 0) return "";
  return std::to_string(about.st_size) + " " + std::to_string(about.st_mtim.tv_sec) + "." +
         std::to_string(about.st_mtim.tv_nsec);
}

PictureReporter::PictureReporter(ReporterOptions options, int64_t pictures)
    : options_(std::move(options)), progress_("segmenting", pictures, "images") {
  count_.pictures = pictures;
  if (pictures > 1) progress_.update(0);
}

void PictureReporter::answered(const PictureAnswers& answers, const WrittenAnswers& written,
                               const PictureQuestion& question) {
  total_ += answers.timing;
  if (failed_ == &answers.picture) return;
  if (question.number == 0) current_files_.clear();
  progress_.clear();
  for (const std::string& warning : answers.warnings) warn(answers.picture, warning);
  for (const fs::path& file : written.kept) kept(file);
  if (options_.folder != nullptr) {
    for (const fs::path& file : written.files) {
      current_files_.push_back(options_.folder->key(file));
    }
  }
  print(answers, written, question.number);
  if (question.last) picture_done(answers, question);
}

void PictureReporter::picture_done(const PictureAnswers& answers, const PictureQuestion& question) {
  if (options_.folder != nullptr) {
    options_.folder->finish(answers.picture.output_stem.generic_string(),
                            {options_.run, file_state(answers.picture), current_files_});
  }
  ++count_.done;
  if (question.changed) ++count_.changed;
  if (count_.pictures > 1) progress_.update(count_.done + count_.failed + count_.skipped);
}

void PictureReporter::print(const PictureAnswers& answers, const WrittenAnswers& written,
                            size_t question) {
  const results::Segmentation& result = answers.by_task.at(options_.asked);
  if (options_.json) {
    nlohmann::json line = to_json(result);
    line["image"] = answers.picture.path.empty() ? "standard input" : answers.picture.path.string();
    line["question"] = question + 1;
    line["seconds"] = to_json(answers.timing);
    for (const fs::path& path : written.files) line["files"].push_back(path.string());
    for (const fs::path& path : written.kept) line["kept"].push_back(path.string());
    std::cout << json_line(line) << std::endl;
  } else if (!options_.quiet) {
    std::string title = picture_line(visible_text(answers.picture.shown()), result) + " (" +
                        timing_line(answers.timing) + ")";
    if (!written.files.empty()) title += " -> " + visible_text(answers.stem.string()) + ".*";
    print_table(std::cout, title, result);
  }
  check_output();
}

// JSON that nobody gets makes the run useless; the table is only a by-product of files.
void PictureReporter::check_output() const {
  if (options_.json || options_.folder == nullptr || standard_output_closed()) {
    check_standard_output();
  }
}

void PictureReporter::failed(const InputPicture& picture, const std::string& line) {
  if (failed_ == &picture) return;  // by another question
  failed_ = &picture;
  ++count_.failed;
  note(line);
  if (failures_.size() < kListedFailures) {
    failures_.push_back({{"image", picture.shown()}, {"error", line}});
  }
  if (count_.pictures > 1) progress_.update(count_.done + count_.failed + count_.skipped);
}

void PictureReporter::skipped(int64_t pictures) {
  count_.skipped += pictures;
}

void PictureReporter::note(const std::string& line) {
  progress_.clear();
  std::cerr << "fcclip: " << visible_text(line) << '\n';
}

void PictureReporter::warn(const InputPicture& picture, const std::string& message) {
  if (message.starts_with(picture.shown()) || told_.insert(message).second)
    note("warning: " + message);
}

void PictureReporter::kept(const fs::path& file) {
  ++count_.kept;
  note(file.string() + ": kept, since fcclip did not write it as it is; --overwrite replaces it");
}

}  // namespace fcclip::apps
