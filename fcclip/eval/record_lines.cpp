#include "fcclip/eval/record_lines.h"

#include <algorithm>
#include <memory>

#include "fcclip/core/error.h"

namespace fcclip::eval {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

void check_header(const json& found, const json& wanted, const fs::path& path) {
  if (found == wanted) return;
  std::string what = "another setting";
  for (const auto& [key, value] : wanted.items()) {
    if (!found.is_object() || !found.contains(key)) {
      what = "an older program";
    } else if (found[key] != value) {
      what = "another " + key;
      if (!value.is_structured()) what += " (" + found[key].dump() + ", not " + value.dump() + ")";
    }
  }
  fail(ErrorCode::invalid_argument, path.string(), ": made with ", what,
       "; choose another --output, or start anew with --overwrite");
}

// The record of each file that comes next.
struct RecordCursor {
  std::unique_ptr<RecordLines> lines;
  json record;
  int64_t index = -1;
};

}  // namespace

int64_t record_index(const json& record, const fs::path& file) {
  if (record.is_object() && record.contains("index") && record["index"].is_number_integer()) {
    return record["index"].get<int64_t>();
  }
  fail(ErrorCode::bad_format, file.string(),
       ": a line without the number of its picture; delete the file and run again");
}

RecordLines::RecordLines(fs::path path, const json& header)
    : path_(std::move(path)), in_(path_, std::ios::binary) {
  if (!in_) fail(ErrorCode::not_found, path_.string(), ": can't be read");
  json found;
  if (next(found)) check_header(found, header, path_);
}

bool RecordLines::next(json& record) {
  std::string line;
  if (!std::getline(in_, line) || in_.eof()) return false;
  ++number_;
  record = json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (record.is_discarded()) {
    fail(ErrorCode::bad_format, path_.string(), ": line ", number_,
         " is damaged; delete the file and run again");
  }
  end_ += static_cast<int64_t>(line.size()) + 1;
  return true;
}

void read_record_lines(const std::vector<fs::path>& files, const json& header,
                       const std::function<void(const fs::path&, const json&)>& each) {
  std::vector<RecordCursor> cursors;
  const auto advance = [&cursors](size_t i) {
    RecordCursor& cursor = cursors[i];
    if (cursor.lines->next(cursor.record)) {
      cursor.index = record_index(cursor.record, cursor.lines->path());
    } else {
      cursors.erase(cursors.begin() + static_cast<int64_t>(i));
    }
  };
  for (const fs::path& file : files) {
    cursors.push_back({std::make_unique<RecordLines>(file, header), {}, -1});
    if (cursors.back().lines->empty()) {
      fail(ErrorCode::bad_format, file.string(), ": empty; delete it and run again");
    }
    advance(cursors.size() - 1);
  }
  int64_t last = -1;
  while (!cursors.empty()) {
    const auto first = std::min_element(
        cursors.begin(), cursors.end(),
        [](const RecordCursor& a, const RecordCursor& b) { return a.index < b.index; });
    if (first->index == last) {
      fail(ErrorCode::bad_format, first->lines->path().string(), ": picture ", last,
           " is in another record file too; delete the files of the older run");
    }
    last = first->index;
    each(first->lines->path(), first->record);
    advance(static_cast<size_t>(first - cursors.begin()));
  }
}

}  // namespace fcclip::eval
