#include "fcclip/eval/cityscapes_record.h"

namespace fcclip::eval {

using nlohmann::json;

json cityscapes_json(const ScoreRecord& record) {
  if (record.cityscapes_ap.empty() && record.cityscapes_confusion.empty()) return nullptr;
  json ap = json::array(), confusion = json::array(), instances = json::array();
  for (int place = 0; place < CityscapesAp::kClasses; ++place) {
    const CityscapesAp::ClassResult& result = record.cityscapes_ap.results()[place];
    if (result.truths == 0 && result.found.empty()) continue;
    json found = json::array();
    for (const CityscapesAp::Scored& one : result.found) {
      found.push_back({one.confidence, one.right, one.wrong});
    }
    ap.push_back({place, result.truths, std::move(found)});
  }
  for (const CellCount& one : record.cityscapes_confusion) {
    confusion.push_back(one.cell);
    confusion.push_back(one.count);
  }
  for (const CityscapesIou::Instance& one : record.cityscapes_instances) {
    instances.push_back({one.label, one.pixels, one.hit, one.category_hit});
  }
  return {{"ap", ap}, {"confusion", confusion}, {"instances", instances}};
}

void read_cityscapes(const json& part, ScoreRecord& record) {
  for (const json& row : part.at("ap")) {
    CityscapesAp::ClassResult result;
    result.truths = row.at(1);
    for (const json& one : row.at(2)) result.found.push_back({one.at(0), one.at(1), one.at(2)});
    record.cityscapes_ap.add(row.at(0), result);
  }
  const json& cells = part.at("confusion");
  for (size_t i = 0; i + 1 < cells.size(); i += 2) {
    record.cityscapes_confusion.push_back({cells.at(i), cells.at(i + 1)});
  }
  for (const json& row : part.at("instances")) {
    record.cityscapes_instances.push_back({row.at(0), row.at(1), row.at(2), row.at(3)});
  }
}

}  // namespace fcclip::eval
