#include "tests/io/handmade_checkpoint.h"

#include <cstring>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/io/checkpoint.h"

namespace fcclip::test {

std::string number(uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += i < 8 ? static_cast<char>(value >> (8 * i) & 0xFF) : '\0';
  return text;
}

std::string zip_of(const std::vector<std::pair<std::string, std::string>>& records, int method) {
  std::string file, directory;
  for (const auto& [name, bytes] : records) {
    const std::string common =
        number(20, 2) + number(0, 2) + number(static_cast<uint64_t>(method), 2) + number(0, 8) +
        number(bytes.size(), 4) + number(bytes.size(), 4) + number(name.size(), 2);
    directory += number(0x02014b50, 4) + number(20, 2) + common + number(0, 12) +
                 number(file.size(), 4) + name;
    const size_t padding = 63 - (file.size() + 30 + name.size() + 63) % 64;
    file += number(0x04034b50, 4) + common + number(padding, 2) + name +
            std::string(padding, '\0') + bytes;
  }
  return file + directory + number(0x06054b50, 4) + number(0, 4) + number(records.size(), 2) +
         number(records.size(), 2) + number(directory.size(), 4) + number(file.size(), 4) +
         number(0, 2);
}

std::shared_ptr<const io::MappedFile> file_of(const std::string& bytes) {
  return io::MappedFile::of_bytes(std::as_bytes(std::span(bytes)), "test.file");
}

namespace pickle {

std::string text(std::string_view value) {
  return "X" + number(value.size(), 4) + std::string(value);
}
std::string integer(int32_t value) {
  return "J" + number(static_cast<uint32_t>(value), 4);
}
std::string global(std::string_view module, std::string_view name) {
  return "c" + std::string(module) + "\n" + std::string(name) + "\n";
}
std::string tuple(const std::vector<std::string>& items) {
  std::string bytes = "(";
  for (const std::string& item : items) bytes += item;
  return bytes + "t";
}
std::string dict(const std::vector<std::pair<std::string, std::string>>& items) {
  std::string bytes = "}(";
  for (const auto& [key, value] : items) bytes += text(key) + value;
  return bytes + "u";
}
std::string whole(const std::string& value) {
  return "\x80\x02" + value + ".";
}
std::string storage(std::string_view type, std::string_view key, int32_t size) {
  return tuple({text("storage"), global("torch", type), text(key), text("cpu"), integer(size)}) +
         "Q";
}
std::string tensor(const std::string& storage, int32_t offset, const std::vector<int32_t>& shape,
                   const std::vector<int32_t>& strides) {
  std::vector<std::string> shape_items, stride_items;
  for (const int32_t value : shape) shape_items.push_back(integer(value));
  for (const int32_t value : strides) stride_items.push_back(integer(value));
  return global("torch._utils", "_rebuild_tensor_v2") +
         tuple({storage, integer(offset), tuple(shape_items), tuple(stride_items), "\x89",
                global("collections", "OrderedDict") + ")R"}) +
         "R";
}

}  // namespace pickle

namespace {

std::string four_floats() {
  const float values[] = {1, 2, 3, 4};
  return {reinterpret_cast<const char*>(values), sizeof values};
}

std::string small_pickle() {
  return pickle::whole(pickle::dict(
      {{"weight", pickle::tensor(pickle::storage("FloatStorage", "0", 4), 0, {2, 2}, {2, 1})}}));
}

}  // namespace

std::string small_zip_checkpoint() {
  return zip_of({{"small/data.pkl", small_pickle()},
                 {"small/byteorder", "little"},
                 {"small/data/0", four_floats()},
                 {"small/version", "3\n"}});
}

std::string small_legacy_checkpoint() {
  const std::string magic = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
  return pickle::whole(magic) + pickle::whole(pickle::integer(1001)) +
         pickle::whole(pickle::dict({{"little_endian", "\x88"}})) + small_pickle() +
         pickle::whole("](" + pickle::text("0") + "e") + number(4, 8) + four_floats();
}

std::string small_safetensors() {
  const std::string header = R"({"weight":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}})";
  return number(header.size(), 8) + header + four_floats();
}

TEST(HandmadeCheckpoint, EveryFormOfTheSameWeightsIsRead) {
  const std::pair<const char*, std::string> forms[] = {{"torch zip", small_zip_checkpoint()},
                                                       {"torch legacy", small_legacy_checkpoint()},
                                                       {"safetensors", small_safetensors()}};
  for (const auto& [format, bytes] : forms) {
    const io::Checkpoint checkpoint = io::open_checkpoint(file_of(bytes));
    EXPECT_EQ(checkpoint.format, format);
    ASSERT_EQ(checkpoint.tensors.size(), 1u) << format;
    const at::Tensor weight = checkpoint.find("weight");
    EXPECT_EQ(weight.sizes(), at::IntArrayRef({2, 2}));
    EXPECT_EQ(weight[1][0].item<float>(), 3) << format;
    EXPECT_FALSE(checkpoint.find("bias").defined());
  }
}

}  // namespace fcclip::test
