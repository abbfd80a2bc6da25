#include "apps/picture_reporter.h"

#include <iostream>

#include <nlohmann/json.hpp>

#include "fcclip/cli/failure.h"
#include "fcclip/cli/standard_streams.h"
#include "fcclip/cli/stop_signal.h"
#include "fcclip/cli/terminal_width.h"
#include "fcclip/outputs/json_text.h"
#include "fcclip/outputs/segment_table.h"
#include "fcclip/outputs/segments_json.h"
#include "fcclip/runs/run_text.h"

namespace fcclip::apps {
namespace {

namespace fs = std::filesystem;

}  // namespace

void PictureReporter::note(const std::string& line) {
  if (bar_) bar_->clear();
  std::cerr << "fcclip: " << cli::visible_text(line) << '\n';
}

void PictureReporter::reading_words(int64_t done, int64_t total) {
  if (!words_ && done == total) return;  // all in the cache: nothing to wait for
  if (!words_) words_ = std::make_unique<cli::ProgressBar>("reading words", total, "words", done);
  words_->update(done);
  if (done == total) words_.reset();
}

void PictureReporter::counted(const runs::RunCount& count) {
  words_.reset();
  if (!bar_) {
    bar_ =
        std::make_unique<cli::ProgressBar>("segmenting", count.pictures, "images", count.skipped);
  }
  if (count.pictures > 1) bar_->update(count.done + count.failed + count.skipped);
}

void PictureReporter::answered(const runs::PictureAnswers& answers,
                               const runs::WrittenAnswers& written, size_t question) {
  if (bar_) bar_->clear();
  print(answers, written, question);
}

void PictureReporter::print(const runs::PictureAnswers& answers,
                            const runs::WrittenAnswers& written, size_t question) {
  const results::Segmentation& result = answers.by_task.at(options_.asked);
  if (options_.json) {
    nlohmann::json line = outputs::to_json(result);
    line["image"] = answers.picture.shown();
    line["question"] = question + 1;
    line["seconds"] = to_json(answers.timing);
    for (const fs::path& path : written.files) line["files"].push_back(path.string());
    for (const fs::path& path : written.kept) line["kept"].push_back(path.string());
    std::cout << outputs::json_line(line) << std::endl;
  } else if (!options_.quiet) {
    std::string title = runs::picture_line(cli::visible_text(answers.picture.shown()), result) +
                        " (" + runs::timing_line(answers.timing) + ")";
    if (!written.files.empty()) title += " -> " + cli::visible_text(answers.stem.string()) + ".*";
    outputs::write_table(std::cout, title, result, cli::terminal_width());
  }
  check_output();
}

// JSON that nobody gets makes the run useless; the table is only a by-product of files.
void PictureReporter::check_output() const {
  if (options_.json || !options_.writes || cli::standard_output_closed())
    cli::check_standard_output();
}

void PictureReporter::failed(const runs::InputPicture&, const std::string& line) {
  note(line);
}

void PictureReporter::kept(const fs::path& file) {
  note(file.string() + ": kept, since fcclip did not write it as it is; --overwrite replaces it");
}

std::string PictureReporter::failure_line(const std::exception& error,
                                          const runs::InputPicture& picture) const {
  return cli::failure_line(error, picture.shown());
}

bool PictureReporter::wants_stop() const {
  return cli::stop_signal();
}

}  // namespace fcclip::apps
