#pragma once
// Pictures that cannot be used are left out of a run instead of ending it.

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fcclip/core/error.h"
#include "fcclip/core/log.h"
#include "fcclip/engine/processes.h"

namespace fcclip::engine {

/// A picture of a data set, and why it cannot be used: one line that names the file.
struct BadPicture {
  int64_t index = 0;
  std::string reason;
};

/// Whether the error lies in a file, so that another picture may well be usable. A lack of memory,
/// an interruption and the like do not.
bool is_about_a_picture(const Error& error);
/// The error's first line.
BadPicture bad_picture(int64_t index, const Error& error);

/// How many of `size` pictures may fail before a run stops: `share` of them, but three in a small
/// (or endless) data set; none when the share is 0.
int64_t most_bad_pictures(int64_t size, double share);

/// get(index), or of the pictures after it, in a circle of `size`, the first that can be used: a
/// function of the files alone, the same on every thread, in every process and after --resume. What
/// was tried in vain is added to `bad`; nothing when more than `most` pictures were. Passes on
/// errors that are not about a picture.
template <typename Get>
auto first_usable(int64_t index, int64_t size, int64_t most, std::vector<BadPicture>& bad,
                  const Get& get) -> std::optional<decltype(get(index))> {
  for (int64_t tried = 0; tried < size && tried <= most; ++tried) {
    const int64_t candidate = (index + tried) % size;
    try {
      return get(candidate);
    } catch (const Error& error) {
      if (!is_about_a_picture(error)) throw;
      bad.push_back(bad_picture(candidate, error));
    }
  }
  return std::nullopt;
}

/// All bad pictures that a run has met.
class BadPictures {
 public:
  /// log: hears a line for each bad picture; may be empty. setting: the share's name, for messages.
  BadPictures(int64_t size, double share, std::string setting, LogCallback log);
  int64_t most() const { return most_; }

  /// Says a line about a picture, the first time.
  void tell(const BadPicture& bad);
  /// What the processes found in the same step, together: all know the same afterwards, the first
  /// process tells it. Throws Error{bad_format} in all of them when more than most() pictures, or
  /// all, are bad.
  void share(const std::vector<BadPicture>& found, const Processes& processes);

 private:
  void add(const BadPicture& bad, bool is_told);

  int64_t size_, most_;
  std::string setting_;
  LogCallback log_;
  std::map<int64_t, std::string> reasons_;
};

}  // namespace fcclip::engine
