#include "fcclip/tiles/run_scratch.h"

#include <algorithm>
#include <cerrno>
#include <limits>

namespace fcclip::tiles {

RunScratch::RunScratch(const std::filesystem::path& folder)
    : folder_(folder), file_(open_scratch(folder)) {}

void RunScratch::put(const Run& run) {
  errno = 0;
  if (run.length > 0 && std::fwrite(&run, sizeof run, 1, file_.get()) != 1)
    fail_file("write in", folder_);
}

void RunScratch::append(const int32_t* values, int64_t count) {
  for (int64_t i = 0; i < count;) {
    int64_t end = i + 1;
    while (end < count && values[end] == values[i]) ++end;
    const auto length = static_cast<uint32_t>(end - i);
    const bool longer = current_.value == values[i] &&
                        current_.length < std::numeric_limits<uint32_t>::max() - length;
    if (!longer) {
      put(current_);
      current_ = {values[i], 0};
    }
    current_.length += length;
    i = end;
  }
}

void RunScratch::rewind() {
  put(current_);
  current_ = {};
  errno = 0;
  if (std::fflush(file_.get()) != 0) fail_file("write in", folder_);
  std::rewind(file_.get());
}

void RunScratch::read(int32_t* values, int64_t count) {
  for (int64_t i = 0; i < count;) {
    errno = 0;
    if (current_.length == 0 && std::fread(&current_, sizeof current_, 1, file_.get()) != 1) {
      fail_file("read back from", folder_);
    }
    const auto length = std::min<int64_t>(current_.length, count - i);
    std::fill_n(values + i, length, current_.value);
    current_.length -= static_cast<uint32_t>(length);
    i += length;
  }
}

}  // namespace fcclip::tiles
