#include "fcclip/eval/score_text.h"

#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/eval/record_lines.h"

namespace fcclip::eval {
namespace {

constexpr const char* kOnly = "ensemble";

}  // namespace

std::string to_text(const ScoreRecord& record, const classify::Vocabulary& vocabulary) {
  PictureRecord picture;
  picture.image_id_json = "0";
  picture.scores[kOnly] = record;
  return to_json(picture, vocabulary).dump();
}

ScoreRecord score_record(const std::string& text) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (json.is_discarded()) fail(ErrorCode::bad_format, "scores of a picture: not JSON");
  return stored_picture(json).scores.at(kOnly);
}

}  // namespace fcclip::eval
