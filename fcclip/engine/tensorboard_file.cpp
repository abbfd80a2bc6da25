#include "fcclip/engine/tensorboard_file.h"

#include <array>
#include <chrono>
#include <cstring>

#include "fcclip/core/error.h"

namespace fcclip::engine {
namespace {

// Protobuf wire types.
enum Wire : uint32_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

void put_varint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

void put_key(std::string& out, uint32_t field, Wire wire) {
  put_varint(out, field << 3 | wire);
}

template <typename T>
void put_raw(std::string& out, T value) {  // little-endian machines only, as LibTorch's files
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_bytes(std::string& out, uint32_t field, std::string_view value) {
  put_key(out, field, Wire::bytes);
  put_varint(out, value.size());
  out += value;
}

void put_int(std::string& out, uint32_t field, int64_t value) {
  put_key(out, field, Wire::varint);
  put_varint(out, static_cast<uint64_t>(value));
}

double seconds_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

constexpr std::array<uint32_t, 256> crc_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78u : 0);
    table[i] = crc;
  }
  return table;
}

// Summary { Value { tag, … } } as Event's field 5.
std::string summary(const std::string& tag, const std::string& content) {
  std::string value, summary, field;
  put_bytes(value, 1, tag);
  value += content;
  put_bytes(summary, 1, value);
  put_bytes(field, 5, summary);
  return field;
}

}  // namespace

uint32_t masked_crc32c(std::string_view bytes) {
  static constexpr std::array<uint32_t, 256> table = crc_table();
  uint32_t crc = ~0u;
  for (const char byte : bytes) crc = crc >> 8 ^ table[(crc ^ static_cast<uint8_t>(byte)) & 0xFF];
  crc = ~crc;
  return (crc >> 15 | crc << 17) + 0xA282EAD8u;
}

TensorBoardFile::TensorBoardFile(const std::filesystem::path& folder, int64_t first_step) {
  const std::filesystem::path path =
      folder / ("events.out.tfevents." + std::to_string(static_cast<int64_t>(seconds_now())) + "." +
                std::to_string(first_step));
  out_.open(path, std::ios::binary);
  if (!out_) fail(ErrorCode::io_failure, path.string(), ": cannot be written");
  std::string version;
  put_bytes(version, 3, "brain.Event:2");
  write_event(0, version);
}

void TensorBoardFile::write_event(int64_t step, const std::string& field) {
  std::string event;
  put_key(event, 1, Wire::fixed64);
  put_raw(event, seconds_now());
  put_int(event, 2, step);
  event += field;
  std::string length, record;
  put_raw(length, static_cast<uint64_t>(event.size()));
  record = length;
  put_raw(record, masked_crc32c(length));
  record += event;
  put_raw(record, masked_crc32c(event));
  out_ << record << std::flush;
}

void TensorBoardFile::write_scalar(int64_t step, const std::string& tag, double value) {
  std::string content;
  put_key(content, 2, Wire::fixed32);
  put_raw(content, static_cast<float>(value));
  write_event(step, summary(tag, content));
}

void TensorBoardFile::write_picture(int64_t step, const std::string& tag, std::string_view png,
                                    Size size) {
  std::string picture, content;
  put_int(picture, 1, size.height);
  put_int(picture, 2, size.width);
  put_int(picture, 3, 3);  // RGB
  put_bytes(picture, 4, png);
  put_bytes(content, 4, picture);
  write_event(step, summary(tag, content));
}

}  // namespace fcclip::engine
