#pragma once
// TensorBoard's events file: TFRecord framing around Event messages (protobuf wire format).

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "fcclip/core/size.h"

namespace fcclip::engine {

/// An event file that TensorBoard reads.
class TensorBoardFile {
 public:
  /// A new file events.out.tfevents.<seconds>.<first step> in `folder`, which must exist. Throws
  /// Error{io_failure}.
  TensorBoardFile(const std::filesystem::path& folder, int64_t first_step);
  void write_scalar(int64_t step, const std::string& tag, double value);
  void write_picture(int64_t step, const std::string& tag, std::string_view png, Size size);

 private:
  void write_event(int64_t step, const std::string& field);

  std::ofstream out_;
};

/// CRC-32C (Castagnoli), as TFRecord masks it.
uint32_t masked_crc32c(std::string_view bytes);

}  // namespace fcclip::engine
