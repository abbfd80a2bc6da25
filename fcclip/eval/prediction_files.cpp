#include "fcclip/eval/prediction_files.h"

#include <nlohmann/json.hpp>

#include "fcclip/eval/record_lines.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/outputs/coco_json.h"

namespace fcclip::eval {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

// Writes items with commas between them.
class List {
 public:
  explicit List(std::ostream& out) : out_(out) {}
  void add(const json& item) {
    out_ << (empty_ ? "\n" : ",\n") << item.dump(-1, ' ', false, json::error_handler_t::replace);
    empty_ = false;
  }

 private:
  std::ostream& out_;
  bool empty_ = true;
};

struct Records {
  const fs::path& folder;
  const json header;
  const std::string& classifier;

  // Whether any record has predictions of this kind; each(record, predictions of that kind).
  template <typename Each>
  bool read(const char* kind, const Each& each) const {
    bool any = false;
    read_record_lines(record_files(folder), header, [&](const fs::path&, const json& record) {
      if (!record.contains("predictions")) return;
      const json& predictions = record["predictions"];
      if (!predictions.contains(classifier) || !predictions[classifier].contains(kind)) return;
      any = true;
      each(record, predictions[classifier][kind]);
    });
    return any;
  }
};

void write_panoptic(const Records& records, const classify::Vocabulary& vocabulary,
                    const fs::path& path) {
  io::write_atomically(path, [&](std::ostream& out) {
    out << "{\"images\": [";
    List images(out);
    records.read("panoptic", [&](const json& record, const json&) {
      images.add({{"id", record["image_id"]},
                  {"file_name", record["file_name"]},
                  {"height", record["size"][0]},
                  {"width", record["size"][1]}});
    });
    out << "],\n\"annotations\": [";
    List annotations(out);
    records.read("panoptic", [&](const json&, const json& one) { annotations.add(one); });
    out << "],\n\"categories\": " << outputs::coco_categories(vocabulary).dump() << "}\n";
  });
}

}  // namespace

void write_prediction_files(const fs::path& folder, const RunHeader& header,
                            const std::string& classifier, const classify::Vocabulary& vocabulary) {
  const Records records{folder, to_json(header), classifier};
  const auto nothing = [](const json&, const json&) {};
  if (records.read("panoptic", nothing)) {
    write_panoptic(records, vocabulary, folder / classifier / "panoptic.json");
  }
  if (records.read("instances", nothing)) {
    io::write_atomically(folder / classifier / "instances.json", [&](std::ostream& out) {
      out << "[";
      List list(out);
      records.read("instances", [&](const json&, const json& found) {
        for (const json& one : found) list.add(one);
      });
      out << "]\n";
    });
  }
}

}  // namespace fcclip::eval
