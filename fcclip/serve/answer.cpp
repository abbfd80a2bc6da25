#include "fcclip/serve/answer.h"

#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

#include "fcclip/serve/header_values.h"
#include "fcclip/serve/problem.h"
#include "fcclip/serve/zip_archive.h"
#include "fcclip/text/base64.h"

namespace fcclip::serve {
namespace {

using nlohmann::json;

// Value, length, value, length …, rows first.
json runs_of_ids(const std::vector<int32_t>& ids) {
  json runs = json::array();
  for (size_t i = 0; i < ids.size();) {
    size_t end = i;
    while (end < ids.size() && ids[end] == ids[i]) ++end;
    runs.push_back(ids[i]);
    runs.push_back(end - i);
    i = end;
  }
  return runs;
}

// COCO's panoptic form: id = R + 256 G + 65536 B.
std::string png_of_ids(const Segmentation& answer) {
  std::vector<uint8_t> rgb;
  rgb.reserve(answer.ids.size() * 3);
  for (const int32_t id : answer.ids) {
    for (const int shift : {0, 8, 16}) rgb.push_back(static_cast<uint8_t>(id >> shift & 255));
  }
  return encode_png({rgb.data(), answer.size.height, answer.size.width});
}

json map_json(const Segmentation& answer, MapForm form) {
  if (form == MapForm::png) return {{"encoding", "png"}, {"png", text::base64(png_of_ids(answer))}};
  return {{"encoding", "rle"}, {"runs", runs_of_ids(answer.ids)}};
}

// Answers of each kind that files need, made once.
class Answers {
 public:
  Answers(Work& work, const AskedImage& asked) : work_(work), asked_(asked), words_(*work.words) {}

  const Segmentation& of(Task task) {
    const auto found = by_task_.find(task);
    if (found != by_task_.end()) return found->second;
    return by_task_
        .emplace(task, asked_.model.ask(asked_.image, words_, ask_options(work_.question, task)))
        .first->second;
  }

  std::vector<OutputFile> files_of(const std::string& kind) {
    const std::optional<Task> own = task_of_kind(kind);
    const std::string& name = asked_.picture_name;
    return render(kind, asked_.picture.view(), of(own.value_or(work_.question.ask.task)),
                  words_.words(), {name, stem_of(name), work_.question.tolerance_px});
  }

  std::vector<OutputFile> files_of(const std::vector<std::string>& kinds) {
    std::vector<OutputFile> files;
    for (const std::string& kind : kinds) {
      try {
        std::ranges::move(files_of(kind), std::back_inserter(files));
      } catch (const Error& error) {  // ids that do not fit a kind
        if (error.code() != ErrorCode::invalid_argument) throw;
        if (!work_.question.write_all) refuse_field("write", error.what());
      }
    }
    return files;
  }

 private:
  Work& work_;
  const AskedImage& asked_;
  const PreparedWords& words_;
  std::map<Task, Segmentation> by_task_;
};

json files_json(std::vector<OutputFile> files) {
  json out = json::array();
  for (const OutputFile& file : files)
    out.push_back({{"name", file.name}, {"base64", text::base64(file.bytes)}});
  return out;
}

Response json_answer(Answers& answers, const Question& question, const std::string& name) {
  std::string body = answer_json(answers.of(question.ask.task), name, question.masks, question.map);
  if (!question.write.empty()) {
    body.pop_back();
    body += ",\"files\":" + files_json(answers.files_of(question.write)).dump() + "}";
  }
  return with_body(200, "application/json", body + "\n");
}

}  // namespace

std::string answer_json(const Segmentation& answer, const std::string& picture_name, MaskForm masks,
                        MapForm map) {
  std::string body = to_json(answer, picture_name, masks);
  if (map == MapForm::none || answer.task == Task::instance) return body;
  body.pop_back();
  return body + ",\"map\":" + map_json(answer, map).dump() + "}";
}

Response answer_question(Work& work, const AskedImage& asked) {
  const Clock::time_point begin = Clock::now();
  const Question& question = work.question;
  const std::string form = negotiate(find_header(work.request.headers, "Accept"),
                                     {"application/json", "image/png", "application/zip"});
  Answers answers(work, asked);
  answers.of(question.ask.task);
  work.times.ask += seconds_since(begin);
  const Clock::time_point asked_at = Clock::now();
  Response response;
  if (form == "image/png") {
    response = with_body(200, form, std::move(answers.files_of("overlay").front().bytes));
  } else if (form == "application/zip") {
    const std::vector<std::string> kinds =
        question.write.empty() ? default_output_kinds(question.ask.task) : question.write;
    response = with_body(200, form, zip_archive(answers.files_of(kinds)));
    response.headers.push_back({"Content-Disposition", "attachment; filename=\"segments.zip\""});
  } else {
    response = json_answer(answers, question, asked.picture_name);
  }
  work.times.write = seconds_since(asked_at);
  return response;
}

}  // namespace fcclip::serve
