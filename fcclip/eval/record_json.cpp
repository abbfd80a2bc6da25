#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/eval/cityscapes_record.h"
#include "fcclip/eval/record_lines.h"
#include "fcclip/outputs/coco_json.h"

namespace fcclip::eval {
namespace {

using nlohmann::json;

json counts_json(const std::map<int64_t, MatchCounts>& counts) {
  json out = json::array();
  for (const auto& [category, c] : counts) {
    out.push_back({category, c.iou, c.true_positives, c.false_positives, c.false_negatives});
  }
  return out;
}

std::map<int64_t, MatchCounts> counts_in(const json& list) {
  std::map<int64_t, MatchCounts> counts;
  for (const json& row : list) {
    counts[row.at(0)] = {row.at(1), row.at(2), row.at(3), row.at(4)};
  }
  return counts;
}

using ApResults = std::map<int64_t, std::vector<AveragePrecision::ImageResult>>;

json results_json(const ApResults& results) {
  json out = json::array();
  for (const auto& [category, images] : results) {
    for (const AveragePrecision::ImageResult& image : images) {
      json detections = json::array();
      for (const AveragePrecision::Scored& d : image.detections) {
        detections.push_back({d.score, d.rank, d.matched, d.ignored});
      }
      out.push_back({category, image.image_id, image.truth_count, std::move(detections)});
    }
  }
  return out;
}

ApResults results_in(const json& list) {
  ApResults results;
  for (const json& row : list) {
    AveragePrecision::ImageResult image;
    image.image_id = row.at(1);
    row.at(2).get_to(image.truth_count);
    for (const json& d : row.at(3)) {
      AveragePrecision::Scored scored;
      scored.score = d.at(0);
      scored.rank = d.at(1);
      d.at(2).get_to(scored.matched);
      d.at(3).get_to(scored.ignored);
      image.detections.push_back(scored);
    }
    results[row.at(0)].push_back(std::move(image));
  }
  return results;
}

json cells_json(const std::vector<CellCount>& cells) {
  json out = json::array();
  for (const CellCount& one : cells) {
    out.push_back(one.cell);
    out.push_back(one.count);
  }
  return out;
}

std::vector<CellCount> cells_in(const json& list) {
  std::vector<CellCount> cells;
  for (size_t i = 0; i + 1 < list.size(); i += 2) cells.push_back({list.at(i), list.at(i + 1)});
  return cells;
}

json scores_json(const ScoreRecord& record) {
  json out = {
      {"pq", counts_json(record.panoptic)},        {"agnostic", counts_json(record.agnostic)},
      {"masks", results_json(record.masks)},       {"boxes", results_json(record.boxes)},
      {"confusion", cells_json(record.confusion)}, {"boundary", cells_json(record.boundary)}};
  if (json own = cityscapes_json(record); !own.is_null()) out["cityscapes"] = std::move(own);
  return out;
}

ScoreRecord scores_in(const json& record) {
  ScoreRecord out;
  out.panoptic = counts_in(record.at("pq"));
  out.agnostic = counts_in(record.at("agnostic"));
  out.masks = results_in(record.at("masks"));
  out.boxes = results_in(record.at("boxes"));
  out.confusion = cells_in(record.at("confusion"));
  out.boundary = cells_in(record.at("boundary"));
  if (record.contains("cityscapes")) read_cityscapes(record["cityscapes"], out);
  return out;
}

// What belongs into the JSON files of predictions.
json answer_json(const PictureAnswer& answer, const PictureRecord& picture,
                 const classify::Vocabulary& vocabulary) {
  const json id = json::parse(picture.image_id_json);
  const outputs::ImageInfo info{0, picture.file_name, picture.size};
  json out = json::object();
  if (answer.panoptic) {
    json annotation = outputs::coco_panoptic_annotation(info, picture.name + ".png",
                                                        answer.panoptic->segments, vocabulary);
    annotation["image_id"] = id;
    out["panoptic"] = std::move(annotation);
  }
  if (answer.instances) {
    out["instances"] = outputs::coco_instance_results(info, answer.instances->segments, vocabulary);
    for (json& one : out["instances"]) one["image_id"] = id;
  }
  return out;
}

std::vector<AnsweredSegment> segments_in(const json& predictions) {
  std::vector<AnsweredSegment> segments;
  if (!predictions.contains("panoptic")) return segments;
  for (const json& one : predictions["panoptic"].at("segments_info")) {
    segments.push_back({one.at("id"), one.at("category_id")});
  }
  return segments;
}

}  // namespace

json to_json(const RunHeader& header) {
  json raw = {{"data set", header.data_set},
              {"number of pictures", header.pictures},
              {"number of classes", header.classes},
              {"model", header.model},
              {"model file", header.model_file},
              {"task", {header.panoptic, header.instances, header.semantic}},
              {"classifier", header.classifier},
              {"oracle", header.oracle},
              {"input size", {header.size.short_side, header.size.max_side}},
              {"alpha", header.ensemble.alpha},
              {"beta", header.ensemble.beta},
              {"object mask threshold", header.thresholds.object_mask_threshold},
              {"overlap threshold", header.thresholds.overlap_threshold},
              {"number of instances", header.top_k},
              {"average of views", segmenter::views_name(header.views)},
              {"sweep", json::object()}};
  for (const SettingValues& one : header.sweep) {
    raw["sweep"][setting_name(one.setting)] = one.values;
  }
  if (header.ensemble.clip_trust != 0) raw["clip trust"] = header.ensemble.clip_trust;
  if (!header.rows.empty()) raw["rows of words"] = header.rows;
  if (header.cityscapes) raw["metrics of Cityscapes"] = true;
  // As it reads when it has been written: names need not be UTF-8.
  return json::parse(raw.dump(-1, ' ', false, json::error_handler_t::replace));
}

json to_json(const PictureRecord& record, const classify::Vocabulary& vocabulary) {
  json out = {{"index", record.index},
              {"name", record.name},
              {"image_id", json::parse(record.image_id_json)},
              {"file_name", record.file_name},
              {"size", {record.size.height, record.size.width}}};
  for (const auto& [classifier, scores] : record.scores) {
    out["scores"][classifier] = scores_json(scores);
  }
  for (const auto& [classifier, answer] : record.answers) {
    out["predictions"][classifier] = answer_json(answer, record, vocabulary);
  }
  return out;
}

StoredPicture stored_picture(const json& record) {
  try {
    StoredPicture picture{record.at("index"), record.at("name"), {}, {}};
    for (const auto& [classifier, scores] : record.at("scores").items()) {
      picture.scores[classifier] = scores_in(scores);
    }
    if (!record.contains("predictions")) return picture;
    for (const auto& [classifier, predictions] : record["predictions"].items()) {
      picture.panoptic[classifier] = segments_in(predictions);
    }
    return picture;
  } catch (const json::exception& error) {
    fail(ErrorCode::bad_format, "a record of scores is damaged: ", error.what());
  }
}

}  // namespace fcclip::eval
