#pragma once
// What a run writes down: JSON lines for programs, TensorBoard events for people.

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>

#include <ATen/core/Tensor.h>

namespace fcclip::engine {

/// Names and values of one moment of a run.
using Numbers = std::map<std::string, double>;

class TensorBoardFile;

/// A run told line by line.
class Journal {
 public:
  /// Appends to <folder>/log.jsonl and begins a TensorBoard events file in <folder>. Lines of steps
  /// beyond `first_step` (from a run that was cut off after its checkpoint) are dropped. An empty
  /// folder name writes nothing. Throws Error{io_failure}.
  Journal(const std::filesystem::path& folder, int64_t first_step);
  ~Journal();
  /// One line {"step": …, "<name>": …}; NaN and infinities become null.
  void write(int64_t step, const Numbers& numbers);
  /// rgb [h, w, 3] uint8: <folder>/<name>-<step>.png and a TensorBoard image.
  void write_picture(int64_t step, const std::string& name, const at::Tensor& rgb);

 private:
  std::filesystem::path folder_;
  std::ofstream lines_;
  std::unique_ptr<TensorBoardFile> events_;
};

}  // namespace fcclip::engine
