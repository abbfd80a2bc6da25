#include "fcclip/words/row_file.h"

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "fcclip/classify/row_values.h"
#include "fcclip/core/error.h"
#include "fcclip/io/file_kind.h"
#include "fcclip/io/safetensors.h"
#include "fcclip/text/printable.h"

namespace fcclip::words {
namespace {

using nlohmann::json;

constexpr const char* kFormat = "format";
constexpr const char* kVocabulary = "fcclip";
constexpr const char* kThisFormat = "fcclip-words-1";
constexpr const char* kAnyFormat = "fcclip-words";
constexpr const char* kInRows = "rows.in_vocabulary";
constexpr const char* kOutRows = "rows.out_of_vocabulary";

json entry_json(const classify::VocabularyClass& entry) {
  json one = {{"id", entry.id}, {"names", entry.synonyms}, {"isthing", entry.is_thing ? 1 : 0}};
  if (entry.is_background) one["background"] = true;
  if (entry.colour_rgb) one["color"] = *entry.colour_rgb;
  return one;
}

at::Tensor row_tensor(const std::vector<float>& row) {
  return at::tensor(row, at::kFloat);
}

/// Both tensors of the file, checked: [R, D] float32 of finite numbers.
struct StoredRows {
  at::Tensor in_vocabulary, out_of_vocabulary;
  std::string model;

  std::shared_ptr<const classify::ClassRows> row(int64_t index) const {
    if (index < 0 || index >= in_vocabulary.size(0)) {
      fail(ErrorCode::bad_format, "row ", index, " of ", in_vocabulary.size(0));
    }
    return std::make_shared<classify::ClassRows>(
        classify::ClassRows{classify::row_values(in_vocabulary[index]),
                            classify::row_values(out_of_vocabulary[index]), model});
  }
};

StoredRows stored_rows(const io::SafetensorsFile& file, const json& document) {
  StoredRows rows{file.tensor(kInRows), file.tensor(kOutRows),
                  document.at("rows_of").get<std::string>()};
  for (const at::Tensor& one : {rows.in_vocabulary, rows.out_of_vocabulary}) {
    const bool good = one.dim() == 2 && one.scalar_type() == at::kFloat &&
                      one.sizes() == rows.in_vocabulary.sizes() &&
                      one.isfinite().all().item<bool>();
    if (!good) fail(ErrorCode::bad_format, "rows that are no two tables of finite float32 numbers");
  }
  return rows;
}

classify::VocabularyClass class_of_entry(const json& one, const StoredRows& rows) {
  classify::VocabularyClass entry;
  entry.id = one.at("id").get<int64_t>();
  entry.synonyms = one.at("names").get<std::vector<std::string>>();
  entry.is_thing = one.at("isthing").get<int64_t>() != 0;
  entry.is_background = one.value("background", false);
  if (one.contains("color")) entry.colour_rgb = one["color"].get<std::array<uint8_t, 3>>();
  if (one.contains("row")) entry.rows = rows.row(one["row"].get<int64_t>());
  if (entry.synonyms.empty()) fail(ErrorCode::bad_format, "a class without a name");
  return entry;
}

}  // namespace

bool is_row_file(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return false;
  if (io::file_kind_at(path).form != io::WeightForm::safetensors) return false;
  const io::SafetensorsFile file(path);
  const auto format = file.metadata().find(kFormat);
  return format != file.metadata().end() && format->second.starts_with(kAnyFormat);
}

classify::Vocabulary load_row_file(const std::filesystem::path& path) {
  const io::SafetensorsFile file(path);
  try {
    const std::string& format = file.metadata().at(kFormat);
    if (format != kThisFormat) {
      fail(ErrorCode::bad_format, text::printable(format), ", expected ", kThisFormat);
    }
    const json document = json::parse(file.metadata().at(kVocabulary));
    const StoredRows rows = stored_rows(file, document);
    classify::Vocabulary vocabulary;
    vocabulary.name = document.value("name", "");
    for (const json& one : document.at("classes")) {
      vocabulary.classes.push_back(class_of_entry(one, rows));
    }
    if (vocabulary.classes.empty()) fail(ErrorCode::bad_format, "no classes");
    return vocabulary;
  } catch (const std::exception& error) {
    fail(ErrorCode::bad_format, path.string(), ": damaged words with rows (",
         text::printable(error.what()), "); make the file again");
  }
}

void save_row_file(const std::filesystem::path& path, const classify::Vocabulary& vocabulary) {
  json classes = json::array();
  std::vector<at::Tensor> in_rows, out_rows;
  std::string model;
  for (const classify::VocabularyClass& entry : vocabulary.classes) {
    classes.push_back(entry_json(entry));
    if (!entry.rows) continue;
    if (!model.empty() && model != entry.rows->model) {
      fail(ErrorCode::invalid_argument, path.string(), ": rows of several models in one file");
    }
    model = entry.rows->model;
    classes.back()["row"] = in_rows.size();
    in_rows.push_back(row_tensor(entry.rows->in_vocabulary));
    out_rows.push_back(row_tensor(entry.rows->out_of_vocabulary));
  }
  if (in_rows.empty()) {
    fail(ErrorCode::invalid_argument, path.string(), ": no class brings rows; write a text file");
  }
  const json document = {{"name", vocabulary.name}, {"rows_of", model}, {"classes", classes}};
  io::save_safetensors(path, {{kInRows, at::stack(in_rows)}, {kOutRows, at::stack(out_rows)}},
                       {{kFormat, kThisFormat}, {kVocabulary, document.dump()}});
}

}  // namespace fcclip::words
