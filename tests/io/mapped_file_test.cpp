#include "fcclip/io/mapped_file.h"

#include <fstream>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/io/temporary_folder.h"

namespace fcclip::io {
namespace {

TEST(MappedFile, PagesComeBackFromTheFileAfterTheirRelease) {
  const test::TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "values";
  const std::vector<float> values(10000, 0.25f);
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(values.data()), 4 * std::ssize(values));
  const auto file = MappedFile::open(path);
  at::Tensor tensor = tensor_of(file, {0, {10000}, {1}, at::kFloat});
  EXPECT_EQ(tensor.sum().item<float>(), 2500);
  file->release_pages();
  EXPECT_EQ(tensor.sum().item<float>(), 2500);
  // What was written is gone: the pages are not kept anywhere else.
  tensor.fill_(1);
  file->release_pages();
  EXPECT_EQ(tensor.sum().item<float>(), 2500);
}

TEST(MappedFile, BytesInMemoryHaveNothingToRelease) {
  const std::string bytes = "12345678";
  const auto file = MappedFile::of_bytes(std::as_bytes(std::span(bytes.data(), bytes.size())), "x");
  file->release_pages();
  EXPECT_EQ(file->bytes()[7], std::byte{'8'});
}

}  // namespace
}  // namespace fcclip::io
