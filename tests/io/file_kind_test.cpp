#include "fcclip/io/file_kind.h"

#include <fstream>

#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/io/mapped_file.h"
#include "tests/io/handmade_checkpoint.h"
#include "tests/io/temporary_folder.h"

namespace fcclip::io {
namespace {

using std::string_view_literals::operator""sv;

TEST(FileKind, OfWhatPeopleHandIn) {
  const std::pair<std::string_view, const char*> kinds[] = {
      {"", "empty"},
      {"<!DOCTYPE html><html>", "HTML page"},
      {"\n  <html lang=\"en\">", "HTML page"},
      {"version https://git-lfs.github.com/spec/v1\noid", "git lfs pull"},
      {"\x89PNG\r\n\x1a\n...", "PNG picture"},
      {"GGUF\3\0\0\0"sv, "GGUF"},
      {"\x89HDF\r\n\x1a\n\0"sv, "HDF5"},
      {"\x08\x07\x12\x07pytorch\x1a\x05"
       "2.1.0:\x0a\x01\x02\x03",
       "ONNX"},
      {"\x1c\0\0\0TFL3"sv, "TensorFlow Lite"},
      {"\x80\x04\x95\x10\0\0\0\0\0\0\0"sv, "Python pickle"},
      {"PK\x03\x04....folder/readme.txt", "ZIP archive"},
      {"PK\x03\x04....model/constants.pkl", "TorchScript"},
      {"{\"metadata\": {}, \"weight_map\": {\"a\": \"x-00001-of-00002.bin\"}}", "several files"},
      {"# My model\nSome words about it.", "text (\"# My model"},
      {"\x01\x02\x03\x04", "unknown data (first bytes 01 02 03 04)"},
  };
  for (const auto& [bytes, words] : kinds) {
    EXPECT_NE(describe_bytes(bytes).find(words), std::string::npos) << describe_bytes(bytes);
    EXPECT_EQ(file_kind(bytes).form, WeightForm::none) << words;
  }
}

TEST(FileKind, OfWeights) {
  EXPECT_EQ(file_kind(test::small_zip_checkpoint()).form, WeightForm::torch);
  EXPECT_EQ(file_kind(test::small_legacy_checkpoint()).form, WeightForm::torch);
  EXPECT_EQ(file_kind(test::small_safetensors()).form, WeightForm::safetensors);
  EXPECT_NE(describe_bytes(test::small_zip_checkpoint()).find("fcclip convert"), std::string::npos);
}

TEST(FileKind, AFolderNamesWhatIsInIt) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(folder_advice(folder.path()), "name a file");
  std::ofstream(folder.path() / "model.pth") << "x";
  std::ofstream(folder.path() / "notes.txt") << "x";
  try {
    MappedFile::open(folder.path());
    FAIL() << "opened";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_format);
    EXPECT_NE(std::string(error.what()).find("model.pth"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace fcclip::io
