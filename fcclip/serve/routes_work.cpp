// Routes that ask the model.

#include "fcclip/serve/answer.h"
#include "fcclip/serve/images_json.h"
#include "fcclip/serve/problem.h"
#include "fcclip/serve/routes.h"
#include "fcclip/serve/upload.h"

namespace fcclip::serve {
namespace {

// What all pictures that arrive go through.
void take_picture(Work& work, const Upload& upload, ServiceParts& parts) {
  Question& question = work.question;
  if (question.name.empty()) question.name = upload.filename.empty() ? "image" : upload.filename;
  check_name(question.name);
  work.model = parts.models.get(question.model);
  work.model_name = question.model.empty() ? parts.models.default_name() : question.model;
  const EncodeOptions& size = question.encode;
  if (size.max_side_px > 0 && size.short_side_px > size.max_side_px)
    refuse_field("max_side", size.max_side_px, " is below short_side, ", size.short_side_px);
  work.picture =
      decode_picture(upload.bytes, question.name, {.max_pixels = parts.limits.picture_px});
}

void read_segment(Work& work, ServiceParts& parts) {
  Upload upload = read_upload(work.request, std::move(work.query));
  read_picture_fields(upload.fields, work.question);
  read_question_fields(upload.fields, work.question, parts.limits);
  upload.fields.check_all_known();
  take_picture(work, upload, parts);
}

Response conclude_segment(Work& work, ServiceParts&) {
  return answer_question(
      work, {*work.model, work.model_name, work.question.name, *work.picture, *work.image});
}

void read_image(Work& work, ServiceParts& parts) {
  Upload upload = read_upload(work.request, std::move(work.query));
  read_picture_fields(upload.fields, work.question);
  upload.fields.check_all_known();
  take_picture(work, upload, parts);
}

Response conclude_image(Work& work, ServiceParts& parts) {
  const StoredImage stored{work.model_name, work.question.name, settled(*work.picture),
                           settled(*work.image), work.device};
  const std::string id = parts.images.add(stored);
  Response response = json_response(201, image_json(id, stored, parts.images.keep()));
  response.headers.push_back({"Location", "/v1/images/" + id});
  return response;
}

// Stored pictures have been read and encoded.
void find_stored(Work& work, ServiceParts& parts) {
  work.stored = parts.images.find(work.arguments[0]);
  work.model_name = work.stored->model;
  work.device = work.stored->device;
  work.model = parts.models.get(work.stored->model, work.device);
}

void check_same_model(Fields& fields, const StoredImage& stored) {
  const std::optional<std::string> model = fields.text("model");
  if (!model || *model == stored.model) return;
  refuse_field("model", "the image was encoded by '", stored.model,
               "'; send the picture again for another model");
}

void read_question(Work& work, ServiceParts& parts) {
  find_stored(work, parts);
  Fields fields = read_fields(work.request, std::move(work.query));
  work.question.map = MapForm::rle;
  read_question_fields(fields, work.question, parts.limits);
  work.question.name = fields.text("name").value_or(work.stored->name);
  check_name(work.question.name);
  check_same_model(fields, *work.stored);
  fields.check_all_known();
}

Response conclude_question(Work& work, ServiceParts&) {
  return answer_question(work, {*work.model, work.model_name, work.question.name,
                                work.stored->picture, work.stored->image});
}

// A question about a stored picture: `read_own` takes the fields that are its own.
template <typename ReadOwn>
void read_about_stored(Work& work, ServiceParts& parts, const ReadOwn& read_own) {
  find_stored(work, parts);
  Fields fields = read_fields(work.request, std::move(work.query));
  read_own(fields, work.question, parts.limits);
  check_same_model(fields, *work.stored);
  fields.check_all_known();
}

// Segments that overlap, as JSON alone; they were asked for at `begin`.
Response tell_instances(Work& work, const Segmentation& answer, Clock::time_point begin) {
  work.times.ask += seconds_since(begin);
  const Clock::time_point answered = Clock::now();
  std::string body = answer_json(answer, work.stored->name, work.question.masks, MapForm::none);
  work.times.write = seconds_since(answered);
  return with_body(200, "application/json", body + "\n");
}

void read_place(Work& work, ServiceParts& parts) {
  read_about_stored(work, parts, read_place_fields);
}

Response conclude_place(Work& work, ServiceParts&) {
  const Clock::time_point begin = Clock::now();
  const StoredImage& stored = *work.stored;
  Segmentation answer;
  try {
    answer = work.model->at(stored.image, *work.words, work.question.place, work.question.ask);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::invalid_argument) throw;
    fail(ErrorCode::invalid_value, error.what());
  }
  return tell_instances(work, answer, begin);
}

void read_best_words(Work& work, ServiceParts& parts) {
  read_about_stored(work, parts, read_best_words_fields);
}

Response conclude_best_words(Work& work, ServiceParts&) {
  const Clock::time_point begin = Clock::now();
  const StoredImage& stored = *work.stored;
  const Question& question = work.question;
  const Segmentation answer =
      work.model->best_words(stored.image, *work.words, question.count, question.ask);
  return tell_instances(work, answer, begin);
}

}  // namespace

const WorkRoute kSegment = {read_segment, conclude_segment, true, true};
const WorkRoute kStoreImage = {read_image, conclude_image, true, false};
const WorkRoute kAskImage = {read_question, conclude_question, false, true};
const WorkRoute kAtPlace = {read_place, conclude_place, false, true};
const WorkRoute kBestWords = {read_best_words, conclude_best_words, false, true};

}  // namespace fcclip::serve
