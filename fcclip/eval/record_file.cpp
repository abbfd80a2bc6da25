#include "fcclip/eval/record_file.h"

#include <algorithm>
#include <memory>

#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"

namespace fcclip::eval {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

json parse_line(const std::string& line, const fs::path& path, int64_t number) {
  try {
    return json::parse(line);
  } catch (const json::exception&) {
    fail(ErrorCode::bad_format, path.string(), ": line ", number,
         " is damaged; delete the file and run again");
  }
}

void check_header(const json& found, const json& wanted, const fs::path& path) {
  if (found == wanted) return;
  std::string what = "settings";
  for (const auto& [key, value] : wanted.items()) {
    if (!found.is_object() || !found.contains(key) || found[key] != value) what = key;
  }
  fail(ErrorCode::invalid_argument, path.string(), ": made with another ", what,
       "; choose another --output, or start anew with --overwrite");
}

/// The lines of one file; a last line without its end does not count.
class Lines {
 public:
  explicit Lines(fs::path path) : path_(std::move(path)), in_(path_, std::ios::binary) {
    if (!in_) fail(ErrorCode::not_found, path_.string(), ": can't be read");
  }
  bool next(json& value) {
    std::string line;
    if (!std::getline(in_, line) || in_.eof()) return false;
    value = parse_line(line, path_, ++number_);
    end_ += static_cast<int64_t>(line.size()) + 1;
    return true;
  }
  int64_t end() const { return end_; }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
  std::ifstream in_;
  int64_t number_ = 0, end_ = 0;
};

}  // namespace

RecordFile::RecordFile(fs::path path, const json& header, bool resume) : path_(std::move(path)) {
  std::error_code error;
  fs::create_directories(path_.parent_path(), error);
  bool started = false;
  if (resume && fs::exists(path_)) {
    Lines lines(path_);
    json line;
    if ((started = lines.next(line))) {
      check_header(line, header, path_);
      while (lines.next(line)) last_ = line.at("index");
      fs::resize_file(path_, lines.end());
    }
  }
  out_.open(path_, started ? std::ios::app | std::ios::binary : std::ios::binary);
  if (!out_)
    fail(ErrorCode::io_failure, "can't write ", path_.string(), ": ", std::strerror(errno));
  if (!started) append(header);
}

void RecordFile::append(const json& record) {
  // A name in it need not be UTF-8.
  out_ << record.dump(-1, ' ', false, json::error_handler_t::replace) << '\n' << std::flush;
  if (!out_)
    fail(ErrorCode::io_failure, "can't write ", path_.string(), ": ", std::strerror(errno));
}

fs::path record_path(const fs::path& folder, int64_t rank, int64_t count) {
  return folder / (count > 1 ? "records." + std::to_string(rank) + ".jsonl" : "records.jsonl");
}

std::vector<fs::path> record_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.starts_with("records.") && name.ends_with(".jsonl")) files.push_back(it->path());
  }
  if (files.empty()) {
    fail(ErrorCode::not_found, folder.string(), ": no records*.jsonl of an evaluation in it");
  }
  std::sort(files.begin(), files.end());
  return files;
}

void read_records(const std::vector<fs::path>& files, const json& header,
                  const std::function<void(const json&)>& each) {
  struct Cursor {
    std::unique_ptr<Lines> lines;
    json record;
  };
  std::vector<Cursor> cursors;
  const auto advance = [&cursors](size_t i) {
    if (!cursors[i].lines->next(cursors[i].record)) cursors.erase(cursors.begin() + i);
  };
  for (const fs::path& file : files) {
    cursors.push_back({std::make_unique<Lines>(file), {}});
    if (!cursors.back().lines->next(cursors.back().record)) {
      fail(ErrorCode::bad_format, file.string(), ": empty; delete it and run again");
    }
    check_header(cursors.back().record, header, file);
    advance(cursors.size() - 1);
  }
  int64_t last = -1;
  while (!cursors.empty()) {
    const auto first =
        std::min_element(cursors.begin(), cursors.end(), [](const Cursor& a, const Cursor& b) {
          return a.record.at("index").get<int64_t>() < b.record.at("index").get<int64_t>();
        });
    const int64_t index = first->record.at("index");
    if (index == last) {
      fail(ErrorCode::bad_format, first->lines->path().string(), ": picture ", index,
           " is in another record file too; delete the files of the older run");
    }
    last = index;
    each(first->record);
    advance(static_cast<size_t>(first - cursors.begin()));
  }
}

}  // namespace fcclip::eval
