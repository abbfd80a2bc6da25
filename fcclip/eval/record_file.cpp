#include "fcclip/eval/record_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <mutex>
#include <optional>
#include <utility>

#include "fcclip/core/error.h"
#include "fcclip/core/workers.h"
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

/// A share's pictures, one after the other to whoever asks; their records, as they come, in order.
/// Safe to use from several threads.
class SharedWork {
 public:
  SharedWork(const PictureShare& share, RecordFile& records, const Progress& progress)
      : share_(share), records_(records), progress_(progress), next_(share.rank) {
    for (; next_ < share_.pictures && next_ <= records_.last(); next_ += share_.count) ++taken_;
    to_write_ = next_;
  }

  /// Nothing where none is left, one has failed or the progress says stop.
  std::optional<int64_t> take() {
    const std::lock_guard lock(mutex_);
    if (!errors_.empty() || next_ >= share_.pictures) return {};
    const int64_t total = (share_.pictures - share_.rank + share_.count - 1) / share_.count;
    try {
      report_progress(progress_, taken_++, total, "pictures");
    } catch (...) {
      errors_.emplace(next_, std::current_exception());
      return {};
    }
    return std::exchange(next_, next_ + share_.count);
  }
  void put(PictureRecord record) {
    const std::lock_guard lock(mutex_);
    const int64_t index = record.index;
    done_.emplace(index, std::move(record));
    while (!done_.empty() && done_.begin()->first == to_write_) {
      records_.append(done_.extract(done_.begin()).mapped());
      to_write_ += share_.count;
    }
  }
  /// The exception in flight is this picture's; nobody takes another one.
  void fail_at(int64_t index) {
    const std::lock_guard lock(mutex_);
    errors_.emplace(index, std::current_exception());
  }
  /// Throws what went wrong with the first picture.
  void check() const {
    if (!errors_.empty()) std::rethrow_exception(errors_.begin()->second);
  }

 private:
  const PictureShare share_;
  RecordFile& records_;
  const Progress& progress_;
  std::mutex mutex_;
  int64_t next_, to_write_ = 0, taken_ = 0;
  std::map<int64_t, PictureRecord> done_;  ///< waiting for their predecessors
  std::map<int64_t, std::exception_ptr> errors_;
};

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
  SharedWork work(share, records, progress);
  run_workers(evaluators.size(), [&](size_t worker) {
    while (const std::optional<int64_t> index = work.take()) {
      try {
        work.put(evaluators[worker].one(*index));
      } catch (...) {
        work.fail_at(*index);
      }
    }
  });
  work.check();
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
