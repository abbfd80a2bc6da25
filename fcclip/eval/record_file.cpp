#include "fcclip/eval/record_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <utility>

#include "fcclip/core/error.h"
#include "fcclip/eval/evaluate_pictures.h"
#include "fcclip/eval/record_lines.h"

namespace fcclip::eval {
namespace {

namespace fs = std::filesystem;

// A name in it need not be UTF-8.
std::string line_of(const nlohmann::json& record) {
  return record.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

[[noreturn]] void fail_to_write(const fs::path& path) {
  fail(ErrorCode::io_failure, "can't write ", path.string(), ": ", std::strerror(errno));
}

// What the share has left.
PictureList to_score(const PictureShare& share, const RecordFile& records) {
  PictureList list;
  for (int64_t i = share.rank; i < share.pictures; i += share.count) {
    if (i <= records.last()) {
      ++list.done_before;
    } else {
      list.indices.push_back(i);
    }
  }
  return list;
}

}  // namespace

RecordFile::RecordFile(fs::path path, const RunHeader& header,
                       const classify::Vocabulary& vocabulary, bool resume)
    : path_(std::move(path)), vocabulary_(vocabulary) {
  std::error_code error;
  fs::create_directories(path_.parent_path(), error);
  const nlohmann::json first = to_json(header);
  bool started = false;
  if (resume && fs::exists(path_)) {
    RecordLines lines(path_, first);
    if ((started = !lines.empty())) {
      nlohmann::json line;
      while (lines.next(line)) last_ = record_index(line, path_);
      fs::resize_file(path_, lines.end());
    }
  }
  out_.open(path_, started ? std::ios::app | std::ios::binary : std::ios::binary);
  if (!out_) fail_to_write(path_);
  if (!started) write_line(line_of(first));
}

void RecordFile::write_line(const std::string& line) {
  out_ << line << '\n' << std::flush;
  if (!out_) fail_to_write(path_);
}

void RecordFile::append(const PictureRecord& record) {
  write_line(line_of(to_json(record, vocabulary_)));
  last_ = record.index;
}

void evaluate_share(const Evaluator& evaluator, const PictureShare& share, RecordFile& records,
                    const Progress& progress) {
  evaluate_share(std::span(&evaluator, 1), share, records, progress);
}

void evaluate_share(std::span<const Evaluator> evaluators, const PictureShare& share,
                    RecordFile& records, const Progress& progress) {
  const TakeScored append = [&](ScoredPicture scored) {
    if (scored.failure) std::rethrow_exception(scored.failure);
    records.append(scored.record);
  };
  evaluate_pictures(evaluators, to_score(share, records), append, progress);
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

void read_records(const std::vector<fs::path>& files, const RunHeader& header,
                  const std::function<void(const StoredPicture&)>& each) {
  read_record_lines(files, to_json(header),
                    [&](const fs::path& file, const nlohmann::json& record) {
                      try {
                        each(stored_picture(record));
                      } catch (const Error& error) {
                        if (error.code() != ErrorCode::bad_format) throw;
                        fail(error.code(), file.string(), ": ", error.what());
                      }
                    });
}

}  // namespace fcclip::eval
