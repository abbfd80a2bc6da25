#include "apps/outline_outputs.h"

#include "apps/json_text.h"
#include "fcclip/image/geo_tiff.h"
#include "fcclip/outputs/outline_writers.h"

namespace fcclip::apps {
namespace fs = std::filesystem;

std::string labelme_file(const fs::path& path, const Answer& answer,
                         const results::Segmentation& result) {
  // labelme looks for the picture from where its file lies.
  std::string picture = answer.image_name;
  if (!answer.picture.empty()) {
    picture = fs::proximate(fs::absolute(answer.picture), fs::absolute(path).parent_path());
  }
  return json_text(outputs::labelme_json({1, picture, result.size},
                                         outputs::outlines(result, answer.tolerance_px),
                                         answer.vocabulary));
}

std::string yolo_file(const Answer& answer, const results::Segmentation& result) {
  return outputs::yolo_text(result.size, outputs::outlines(result, answer.tolerance_px));
}

std::string geojson_file(const Answer& answer, const results::Segmentation& result) {
  outputs::GeoJsonOptions options;
  if (!answer.picture.empty()) {
    if (const auto place = image::read_geo_reference(answer.picture)) {
      options = {place->transform, place->crs()};
      const std::string caution = place->caution();
      if (answer.log && !caution.empty())
        answer.log(LogLevel::warning, answer.picture.string() + ": " + caution);
    }
  }
  return json_text(outputs::geojson({1, answer.image_name, result.size},
                                    outputs::outlines(result, answer.tolerance_px),
                                    answer.vocabulary, options));
}

std::string coco_file(const Answer& answer, const results::Segmentation& result) {
  const fs::path name = answer.folder / answer.image_name;
  return json_text(outputs::coco_outline_document({1, name.generic_string(), result.size},
                                                  outputs::outlines(result, answer.tolerance_px),
                                                  answer.vocabulary));
}

}  // namespace fcclip::apps
