#include "fcclip/io/mapped_file.h"

#include <fstream>
#include <memory>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/io/temporary_folder.h"

namespace fcclip::io {
namespace {

// 10,000 times 0.25.
std::shared_ptr<const MappedFile> mapped_quarters(const std::filesystem::path& path) {
  const std::vector<float> values(10000, 0.25f);
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(values.data()), 4 * std::ssize(values));
  return MappedFile::open(path);
}

TEST(MappedFile, PagesComeBackFromTheFileAfterTheirRelease) {
  const test::TemporaryFolder folder;
  const auto file = mapped_quarters(folder.path() / "values");
  at::Tensor tensor = tensor_of(file, {0, {10000}, {1}, at::kFloat});
  EXPECT_EQ(tensor.sum().item<float>(), 2500);
  file->release_pages();
  EXPECT_EQ(tensor.sum().item<float>(), 2500);
  // What was written is gone: the pages are not kept anywhere else.
  tensor.fill_(1);
  file->release_pages();
  EXPECT_EQ(tensor.sum().item<float>(), 2500);
}

TEST(MappedFile, PagesOfOneTensorGoBackAloneAndThoseOfOthersStay) {
  const test::TemporaryFolder folder;
  const auto file = mapped_quarters(folder.path() / "values");
  const at::Tensor first = tensor_of(file, {0, {5000}, {1}, at::kFloat}),
                   second = tensor_of(file, {20000, {5000}, {1}, at::kFloat});
  // Written values show which pages are gone.
  first.fill_(1);
  second.fill_(2);
  const at::Tensor foreign = at::ones({5000});
  file->release_pages(foreign);
  EXPECT_TRUE(foreign.eq(1).all().item<bool>());
  file->release_pages(first);
  EXPECT_EQ(first[0].item<float>(), 0.25f);
  EXPECT_EQ(first[4999].item<float>(), 1) << "on a page with the second tensor";
  EXPECT_TRUE(second.eq(2).all().item<bool>());
}

TEST(MappedFile, BytesInMemoryHaveNothingToRelease) {
  const std::string bytes = "12345678";
  const auto file = MappedFile::of_bytes(std::as_bytes(std::span(bytes.data(), bytes.size())), "x");
  file->release_pages();
  file->release_pages(tensor_of(file, {0, {8}, {1}, at::kByte}));
  EXPECT_EQ(file->bytes()[7], std::byte{'8'});
}

}  // namespace
}  // namespace fcclip::io
