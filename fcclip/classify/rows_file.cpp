#include "fcclip/classify/rows_file.h"

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "fcclip/core/check.h"
#include "fcclip/core/error.h"
#include "fcclip/core/hash.h"
#include "fcclip/io/safetensors.h"
#include "fcclip/nn/unit.h"
#include "fcclip/ops/host.h"
#include "fcclip/text/printable.h"

namespace fcclip::classify {
namespace {

using nlohmann::json;

constexpr const char* kRowsFormat = "fcclip-rows-1";
constexpr const char* kRowsTensor = "rows";

[[noreturn]] void refuse_rows(const std::string& file, const std::string& why) {
  fail(ErrorCode::bad_format, file, ": ", why,
       "; make it anew (fcclip words --model MODEL) or delete it: words are then encoded when they "
       "are asked for");
}

std::string entry_of(const io::Metadata& metadata, const char* key, const std::string& file) {
  const auto found = metadata.find(key);
  if (found == metadata.end()) refuse_rows(file, std::string("no \"") + key + "\" in its metadata");
  return found->second;
}

std::vector<std::string> texts_of(const std::string& list, const char* key,
                                  const std::string& file) {
  try {
    return json::parse(list).get<std::vector<std::string>>();
  } catch (const json::exception&) {
    refuse_rows(file, std::string("\"") + key + "\" in its metadata is no list of texts");
  }
}

std::string list_text(const std::vector<std::string>& texts) {
  try {
    return json(texts).dump();
  } catch (const json::exception&) {
    fail(ErrorCode::invalid_argument, "a word or template is not UTF-8: no rows were saved");
  }
}

std::string checksum(const at::Tensor& rows, const std::string& words) {
  return hex(hash_bytes(rows.const_data_ptr(), rows.nbytes(), hash_text(words)));
}

}  // namespace

RowsFile::RowsFile(const std::filesystem::path& path) {
  const std::string name = path.string();
  const io::SafetensorsFile file(path);
  const io::Metadata& metadata = file.metadata();
  const auto format = metadata.find("format");
  if (format == metadata.end() || format->second != kRowsFormat) {
    refuse_rows(name, "expected text rows of the form " + std::string(kRowsFormat) +
                          (format == metadata.end() ? ", and its metadata say nothing of rows"
                                                    : ", got " + text::printable(format->second)));
  }
  origin_.fingerprint = entry_of(metadata, "fingerprint", name);
  origin_.templates = texts_of(entry_of(metadata, "templates", name), "templates", name);
  const std::string list = entry_of(metadata, "words", name);
  const std::vector<std::string> words = texts_of(list, "words", name);
  if (!file.contains(kRowsTensor)) refuse_rows(name, "it has no tensor \"rows\"");
  const at::Tensor rows = file.tensor(kRowsTensor);
  if (rows.scalar_type() != at::kHalf || rows.dim() != 2 || rows.size(0) != std::ssize(words)) {
    refuse_rows(name, "expected rows [" + std::to_string(words.size()) + ", D] of float16, got " +
                          shape_string(rows.sizes()) + " of " + c10::toString(rows.scalar_type()));
  }
  if (checksum(rows, list) != entry_of(metadata, "checksum", name)) {
    refuse_rows(name, "it is damaged: its checksum is another one");
  }
  rows_ = nn::unit(rows.to(at::kFloat));
  for (size_t i = 0; i < words.size(); ++i) places_[words[i]] = static_cast<int64_t>(i);
}

std::optional<at::Tensor> RowsFile::find(const std::string& fingerprint,
                                         const std::vector<std::string>& templates,
                                         const std::string& text) const {
  if (fingerprint != origin_.fingerprint || templates != origin_.templates) return std::nullopt;
  const auto found = places_.find(text);
  if (found == places_.end()) return std::nullopt;
  return rows_[found->second];
}

void save_rows(const std::filesystem::path& path, const RowsOrigin& origin,
               const std::vector<std::string>& words, const at::Tensor& rows) {
  check_shape("text rows", rows, {std::ssize(words), kAny});
  std::unordered_map<std::string, int64_t> known;
  for (const std::string& word : words) {
    if (++known[word] == 2) {
      fail(ErrorCode::invalid_argument, "two rows of \"", text::printable(word), "\" for one file");
    }
  }
  const at::Tensor half = ops::on_host(rows.detach()).to(at::kHalf).contiguous();
  const std::string list = list_text(words);
  io::save_safetensors(path, {{kRowsTensor, half}},
                       {{"format", kRowsFormat},
                        {"fingerprint", origin.fingerprint},
                        {"templates", list_text(origin.templates)},
                        {"words", list},
                        {"checksum", checksum(half, list)}});
}

std::filesystem::path rows_file_of(const std::filesystem::path& model) {
  std::filesystem::path path = model;
  return path.replace_extension(".rows.safetensors");
}

}  // namespace fcclip::classify
