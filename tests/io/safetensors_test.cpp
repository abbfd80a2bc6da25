#include "fcclip/io/safetensors.h"

#include <cstring>
#include <filesystem>
#include <string>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/io/atomic_file.h"
#include "tests/io/temporary_folder.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"

namespace fcclip::io {
namespace safetensors_test {

using test::TemporaryFolder;

std::string file_bytes(const std::string& header, size_t data_bytes) {
  std::string bytes(8, '\0');
  const uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + std::string(data_bytes, '\0');
}

ErrorCode code_of(const std::filesystem::path& path) {
  return test::code_of([&] { SafetensorsFile file(path); });
}

TEST(Safetensors, WhatIsSavedComesBackBitForBit) {
  TemporaryFolder folder;
  const auto path = folder.path() / "new folder" / "t.safetensors";
  const at::Tensor floats = at::arange(24, at::kFloat).view({4, 6});
  const NamedTensors tensors = {{"bytes", at::arange(7, at::kByte)},
                                {"halves", floats.to(at::kHalf)},
                                {"transposed", floats.t()},
                                {"scalar", at::scalar_tensor(2.5, at::kDouble)},
                                {"empty", at::empty({0, 3}, at::kLong)},
                                {"truth", at::tensor({1, 0, 1}, at::kInt).to(at::kBool)}};
  save_safetensors(path, tensors, {{"who", "a \"test\"\nwith lines"}});
  const SafetensorsFile file(path);
  EXPECT_EQ(file.metadata().at("who"), "a \"test\"\nwith lines");
  EXPECT_EQ(file.names().size(), tensors.size());
  for (const auto& [name, want] : tensors) {
    const at::Tensor got = file.tensor(name);
    EXPECT_EQ(got.scalar_type(), want.scalar_type()) << name;
    EXPECT_TRUE(got.equal(want)) << name;
  }
}

TEST(Safetensors, TensorsAreAlignedViewsOfTheFile) {
  TemporaryFolder folder;
  const auto path = folder.path() / "t.safetensors";
  save_safetensors(path, {{"b", at::ones({3}, at::kByte)}, {"f", at::ones({5}, at::kFloat)}});
  at::Tensor first, again;
  {
    const SafetensorsFile file(path);
    first = file.tensor("f");
    again = file.tensor("f");
  }
  EXPECT_EQ(first.data_ptr(), again.data_ptr());
  EXPECT_EQ(reinterpret_cast<uintptr_t>(first.data_ptr()) % 64, 0u);
  EXPECT_EQ(first.sum().item<float>(), 5);  // the mapping outlives the file object
}

TEST(Safetensors, UnalignedTensorsAreCopiedAndRight) {
  TemporaryFolder folder;
  const auto path = folder.path() / "t.safetensors";
  std::string bytes = file_bytes(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[1,5]},)"
                                 R"("b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}} )",
                                 5);
  const float value = 1.5f;
  std::memcpy(bytes.data() + bytes.size() - 4, &value, 4);
  write_atomically(path, bytes);
  EXPECT_EQ(SafetensorsFile(path).tensor("a").item<float>(), value);
}

TEST(Safetensors, AMissingTensorIsNamed) {
  TemporaryFolder folder;
  const auto path = folder.path() / "t.safetensors";
  save_safetensors(path, {{"here", at::ones({1})}});
  try {
    SafetensorsFile(path).tensor("absent.weight");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::missing_tensor);
    EXPECT_NE(std::string(error.what()).find("absent.weight"), std::string::npos);
  }
}

TEST(Safetensors, ANameGivenTwiceIsRefusedAndNothingIsWritten) {
  TemporaryFolder folder;
  const auto path = folder.path() / "t.safetensors";
  EXPECT_ERROR(invalid_argument, "two tensors named a for one file",
               save_safetensors(path, {{"a", at::ones({1})}, {"a", at::ones({1})}}));
  EXPECT_ERROR(invalid_argument, "a tensor's name or the metadata is not UTF-8: can't be saved",
               save_safetensors(path, {{"\xff\xfe", at::ones({1})}}));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Safetensors, NoFileAndAFolderAreToldApart) {
  TemporaryFolder folder;
  EXPECT_EQ(code_of(folder.path() / "absent"), ErrorCode::not_found);
  EXPECT_EQ(code_of(folder.path()), ErrorCode::bad_format);
}

class DamagedHeader : public ::testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(DamagedHeader, IsRefused) {
  TemporaryFolder folder;
  const auto path = folder.path() / "t.safetensors";
  write_atomically(path, file_bytes(GetParam().second, 16));
  EXPECT_EQ(code_of(path), ErrorCode::bad_format);
}

INSTANTIATE_TEST_SUITE_P(
    Safetensors, DamagedHeader,
    ::testing::Values(
        std::pair{"empty", ""}, std::pair{"not_json", "{\"a\""}, std::pair{"array", "[]"},
        std::pair{"number", "1"}, std::pair{"null_entry", R"({"a":null})"},
        std::pair{"no_tensor_for_the_data", "{}"},
        std::pair{"bad_utf8",
                  "{\"\xff\":{\"dtype\":\"U8\",\"shape\":[16],\"data_offsets\":[0,16]}}"},
        std::pair{"unknown_key",
                  R"({"a":{"dtype":"U8","shape":[16],"data_offsets":[0,16],"more":1}})"},
        std::pair{"no_dtype", R"({"a":{"shape":[16],"data_offsets":[0,16]}})"},
        std::pair{"dtype_array", R"({"a":{"dtype":["U8"],"shape":[16],"data_offsets":[0,16]}})"},
        std::pair{"three_offsets", R"({"a":{"dtype":"U8","shape":[16],"data_offsets":[0,16,16]}})"},
        std::pair{"one_offset", R"({"a":{"dtype":"U8","shape":[16],"data_offsets":[16]}})"},
        std::pair{"duplicate_field",
                  R"({"a":{"dtype":"U8","shape":[4],"shape":[16],"data_offsets":[0,16]}})"},
        std::pair{"nested_shape", R"({"a":{"dtype":"U8","shape":[[16]],"data_offsets":[0,16]}})"},
        std::pair{"huge_extents", R"({"a":{"dtype":"F32","shape":[4294967296,4294967296,0],)"
                                  R"("data_offsets":[0,16]}})"},
        std::pair{"extent_over_int64",
                  R"({"a":{"dtype":"U8","shape":[18446744073709551615],"data_offsets":[0,16]}})"},
        std::pair{"offset_over_uint64",
                  R"({"a":{"dtype":"U8","shape":[16],"data_offsets":[0,99999999999999999999]}})"}),
    [](const auto& info) { return info.param.first; });

TEST(Safetensors, DeepNestingIsRefusedWithoutRecursion) {
  TemporaryFolder folder;
  const auto path = folder.path() / "t.safetensors";
  for (const char* unit : {"[", "{\"a\":", "{\"__metadata__\":"}) {
    std::string header = "{\"a\":";
    for (int i = 0; i < 200'000; ++i) header += unit;
    write_atomically(path, file_bytes(header, 0));
    EXPECT_EQ(code_of(path), ErrorCode::bad_format);
  }
}

TEST(Safetensors, RecordedHostileFilesAreRefusedAndTheControlLoads) {
  FCCLIP_NEEDS_GOLDENS();
  int refused = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(test::goldens_folder() / "checkpoints/hostile")) {
    const std::string name = entry.path().filename();
    if (entry.path().extension() != ".safetensors" || name == "st_control_ok.safetensors") continue;
    EXPECT_EQ(code_of(entry.path()), ErrorCode::bad_format) << name;
    ++refused;
  }
  EXPECT_EQ(refused, 18);
  const SafetensorsFile control(test::goldens_folder() /
                                "checkpoints/hostile/st_control_ok.safetensors");
  EXPECT_EQ(control.names(), std::vector<std::string>{"a"});
  EXPECT_EQ(control.tensor("a").numel(), 4);
}

}  // namespace safetensors_test
}  // namespace fcclip::io
