#include "fcclip/io/safetensors_header.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "fcclip/core/check.h"
#include "fcclip/io/mapped_file.h"
#include "fcclip/text/printable.h"

namespace fcclip::io {
namespace {

struct DtypeName {
  std::string_view name;
  at::ScalarType dtype;
};

constexpr std::array kDtypes = {
    DtypeName{"F64", at::kDouble},
    DtypeName{"F32", at::kFloat},
    DtypeName{"F16", at::kHalf},
    DtypeName{"BF16", at::kBFloat16},
    DtypeName{"I64", at::kLong},
    DtypeName{"I32", at::kInt},
    DtypeName{"I16", at::kShort},
    DtypeName{"I8", at::kChar},
    DtypeName{"U8", at::kByte},
    DtypeName{"BOOL", at::kBool},
    DtypeName{"U16", at::kUInt16},
    DtypeName{"U32", at::kUInt32},
    DtypeName{"U64", at::kUInt64},
    DtypeName{"F8_E4M3", at::kFloat8_e4m3fn},
    DtypeName{"F8_E5M2", at::kFloat8_e5m2},
    DtypeName{"C64", at::kComplexFloat},
};

std::optional<at::ScalarType> dtype_named(std::string_view name) {
  for (const DtypeName& row : kDtypes) {
    if (row.name == name) return row.dtype;
  }
  return std::nullopt;
}

/// Walks the header as it is parsed: its three known shapes and nothing else, so that depth is
/// bounded and no document is ever built.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit HeaderReader(SafetensorsHeader& out) : out_(out) {}
  const std::string& problem() const { return problem_; }

  bool null() override { return wrong("null"); }
  bool boolean(bool) override { return wrong("a boolean"); }
  bool binary(binary_t&) override { return wrong("binary"); }
  bool number_integer(number_integer_t) override { return wrong("a negative number"); }
  bool number_float(number_float_t, const string_t&) override {
    return wrong("a number that is not an integer");
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (place_ == Place::shape) {
      if (value > static_cast<uint64_t>(INT64_MAX)) return wrong("an extent over 2^63");
      if (entry_.shape.size() == kMostDimensions) return wrong("a tensor of over 64 dimensions");
      entry_.shape.push_back(static_cast<int64_t>(value));
      return true;
    }
    if (place_ != Place::offsets || offsets_ == 2) return wrong("an unexpected number");
    (offsets_++ == 0 ? entry_.begin : entry_.end) = value;
    return true;
  }
  bool string(string_t& value) override {
    if (place_ == Place::metadata) {
      out_.metadata[key_] = value;
      return true;
    }
    if (place_ != Place::tensor || key_ != "dtype") return wrong("an unexpected string");
    const auto dtype = dtype_named(value);
    if (!dtype)
      return refuse("tensor " + text::printable(entry_.name) + " has the unknown dtype " +
                    text::printable(value));
    entry_.dtype = *dtype;
    return true;
  }
  bool key(string_t& name) override {
    key_ = name;
    std::set<std::string>& known = place_ == Place::top ? names_ : inner_;
    if (!known.insert(name).second) return refuse("key " + text::printable(name) + " occurs twice");
    if (place_ == Place::tensor && name != "dtype" && name != "shape" && name != "data_offsets") {
      return refuse("tensor " + text::printable(entry_.name) + " has the unknown key " +
                    text::printable(name));
    }
    return true;
  }
  bool start_object(size_t) override {
    if (place_ == Place::outside) {
      place_ = Place::top;
      return true;
    }
    if (place_ != Place::top) return wrong("a nested object");
    inner_.clear();
    place_ = key_ == "__metadata__" ? Place::metadata : Place::tensor;
    entry_ = {};
    entry_.name = key_;
    offsets_ = 0;
    return true;
  }
  bool end_object() override {
    if (place_ == Place::tensor) {
      if (inner_.size() != 3 || offsets_ != 2) {
        return refuse("tensor " + text::printable(entry_.name) +
                      " lacks a dtype, shape or two data_offsets");
      }
      out_.entries.push_back(std::move(entry_));
    }
    place_ = place_ == Place::top ? Place::outside : Place::top;
    return true;
  }
  bool start_array(size_t) override {
    if (place_ != Place::tensor || key_ == "dtype") return wrong("an array");
    place_ = key_ == "shape" ? Place::shape : Place::offsets;
    return true;
  }
  bool end_array() override {
    place_ = Place::tensor;
    return true;
  }
  bool parse_error(size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    return refuse("it is not JSON from byte " + std::to_string(position) + " on");
  }

 private:
  static constexpr size_t kMostDimensions = 64;
  enum class Place { outside, top, metadata, tensor, shape, offsets };

  bool refuse(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }
  bool wrong(const char* what) {
    return refuse(std::string(what) + (key_.empty() ? "" : " under " + text::printable(key_)));
  }

  SafetensorsHeader& out_;
  Place place_ = Place::outside;
  std::set<std::string> names_, inner_;
  std::string key_, problem_;
  HeaderEntry entry_;
  int offsets_ = 0;
};

void check_entry(const HeaderEntry& entry, uint64_t expected_begin, const std::string& file) {
  if (entry.begin != expected_begin || entry.end < entry.begin) {
    fail(ErrorCode::bad_format, file, ": tensor ", text::printable(entry.name), " lies at bytes ",
         entry.begin, " to ", entry.end, ", expected from ", expected_begin,
         " on without holes or overlaps; the file is damaged");
  }
  const int64_t numel = checked_numel(entry.shape);
  const uint64_t size = at::elementSize(entry.dtype);
  if (numel < 0 || static_cast<uint64_t>(numel) > UINT64_MAX / 2 / size ||
      static_cast<uint64_t>(numel) * size != entry.end - entry.begin) {
    fail(ErrorCode::bad_format, file, ": tensor ", text::printable(entry.name), " of shape ",
         shape_string(entry.shape), " does not fit its ", entry.end - entry.begin,
         " bytes; the file is damaged");
  }
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view json, uint64_t data_size,
                                           const std::string& file) {
  SafetensorsHeader header;
  HeaderReader reader(header);
  if (json.empty() || json.front() != '{' ||
      !nlohmann::json::sax_parse(json.begin(), json.end(), &reader)) {
    fail(ErrorCode::bad_format, file, ": damaged safetensors header: ",
         reader.problem().empty() ? "it is no JSON object" : reader.problem());
  }
  std::sort(header.entries.begin(), header.entries.end(), [](const auto& a, const auto& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  uint64_t end = 0;
  for (const HeaderEntry& entry : header.entries) {
    check_entry(entry, end, file);
    end = entry.end;
  }
  if (end != data_size) {
    fail(ErrorCode::bad_format, file, ": the tensors end at byte ", end,
         " of the data, the file has ", data_size, "; it is truncated or damaged");
  }
  return header;
}

std::string_view safetensors_dtype(at::ScalarType dtype) {
  for (const DtypeName& row : kDtypes) {
    if (row.dtype == dtype) return row.name;
  }
  return {};
}

}  // namespace fcclip::io
