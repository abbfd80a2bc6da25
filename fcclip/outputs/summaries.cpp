#include "fcclip/outputs/summaries.h"

#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/outputs/folder_tables.h"
#include "fcclip/outputs/gallery.h"
#include "fcclip/outputs/json_text.h"
#include "fcclip/outputs/outline_writers.h"
#include "fcclip/outputs/yolo_data.h"

namespace fcclip::outputs {
namespace {

namespace fs = std::filesystem;

std::string joined_coco_file(const AnsweredQuestion& question) {
  std::vector<nlohmann::json> documents;
  for (const AnsweredPicture& picture : question.pictures) {
    const fs::path path = fs::path(picture.stem) += facts_of(OutputKind::coco).endings.front();
    if (!fs::exists(path)) continue;  // a picture that failed
    nlohmann::json document = nlohmann::json::parse(io::read_file(path), nullptr, false);
    if (document.is_discarded()) {
      fail(ErrorCode::bad_format, path.string(),
           ": damaged or cut short; delete it and run again with --resume");
    }
    documents.push_back(std::move(document));
  }
  return json_text(join_coco_documents(documents));
}

}  // namespace

std::vector<OutputFile> render_summaries(const WantedOutputs& wanted, const fs::path& folder,
                                         const std::vector<AnsweredQuestion>& questions) {
  std::vector<OutputFile> files;
  for (const AnsweredQuestion& question : questions) {
    if (wanted.kinds.contains(OutputKind::yolo)) {
      files.push_back({"data" + question.suffix + ".yaml", yolo_data_file(folder, question)});
    }
    if (wanted.kinds.contains(OutputKind::coco)) {
      files.push_back({"coco-instances" + question.suffix + ".json", joined_coco_file(question)});
    }
  }
  if (wanted.kinds.contains(OutputKind::gallery)) {
    files.push_back({"index.html", gallery_page(folder, questions)});
  }
  for (const AnsweredQuestion& question : questions) {
    if (wanted.lines) {
      files.push_back({"results" + question.suffix + ".jsonl", results_lines(question.pictures)});
    }
    if (wanted.table) {
      files.push_back({"segments" + question.suffix + ".csv", segments_table(question.pictures)});
    }
  }
  return files;
}

}  // namespace fcclip::outputs
