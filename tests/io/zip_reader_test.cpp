#include "fcclip/io/zip_reader.h"

#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "tests/io/handmade_checkpoint.h"
#include "tests/support/errors.h"

namespace fcclip::io {
namespace zip_reader_test {

using test::number;
using test::zip_of;

ZipFile open_bytes(const std::string& bytes) {
  return ZipFile(test::file_of(bytes));
}

ErrorCode code_of(const std::string& bytes) {
  return test::code_of([&] { open_bytes(bytes); });
}

std::string content(const ZipFile& zip, const std::string& name) {
  const auto bytes = zip.bytes(*zip.find(name));
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The same file with its sizes and offsets moved to zip64 fields, as files over 4 GB have them.
std::string zip64_of(const std::string& name, const std::string& bytes) {
  const std::string fixed = number(45, 2) + number(0, 2) + number(0, 2) + number(0, 8) +
                            number(0xFFFFFFFF, 4) + number(0xFFFFFFFF, 4) + number(name.size(), 2);
  const std::string sizes = number(bytes.size(), 8) + number(bytes.size(), 8);
  const std::string local =
      number(0x04034b50, 4) + fixed + number(20, 2) + name + number(1, 2) + number(16, 2) + sizes;
  const std::string file = local + bytes;
  const std::string entry = number(0x02014b50, 4) + number(45, 2) + fixed + number(33, 2) +
                            number(0, 2) + number(0, 8) + number(0xFFFFFFFF, 4) + name +
                            number(9, 2) + number(1, 2) + "x" + number(1, 2) + number(24, 2) +
                            sizes + number(0, 8);
  const std::string end64 = number(0x06064b50, 4) + number(44, 8) + number(45, 2) + number(45, 2) +
                            number(0, 8) + number(1, 8) + number(1, 8) + number(entry.size(), 8) +
                            number(file.size(), 8);
  return file + entry + end64 + number(0x07064b50, 4) + number(0, 4) +
         number(file.size() + entry.size(), 8) + number(1, 4) + number(0x06054b50, 4) +
         number(0, 4) + number(0xFFFF, 2) + number(0xFFFF, 2) + number(0xFFFFFFFF, 4) +
         number(0xFFFFFFFF, 4) + number(0, 2);
}

TEST(ZipReader, FindsStoredRecords) {
  const ZipFile zip = open_bytes(zip_of({{"a/one", "first"}, {"a/two", ""}, {"b", "third"}}));
  EXPECT_EQ(zip.records().size(), 3u);
  EXPECT_EQ(content(zip, "a/one"), "first");
  EXPECT_EQ(content(zip, "a/two"), "");
  EXPECT_EQ(content(zip, "b"), "third");
  EXPECT_EQ(zip.find("a"), nullptr);
}

TEST(ZipReader, ReadsZip64AndSkipsOtherFields) {
  EXPECT_EQ(content(open_bytes(zip64_of("big", "the bytes")), "big"), "the bytes");
}

TEST(ZipReader, ACommentAtTheEndIsSkipped) {
  std::string bytes = zip_of({{"a", "x"}});
  bytes.replace(bytes.size() - 2, 2, number(5, 2));
  EXPECT_EQ(content(open_bytes(bytes + "hello"), "a"), "x");
}

TEST(ZipReader, EveryTruncationIsRefused) {
  const std::string whole = zip_of({{"a/one", "first"}, {"b", "third"}});
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(code_of(whole.substr(0, size)), ErrorCode::bad_format) << size;
  }
}

TEST(ZipReader, CompressedRecordsAreToldApartFromDamage) {
  EXPECT_EQ(code_of(zip_of({{"a", "x"}}, 8)), ErrorCode::unsupported);
}

// Puts a checksum into the directory entry of the file's only record.
std::string with_checksum(std::string file, uint32_t crc) {
  return file.replace(file.find("PK\x01\x02") + 16, 4, number(crc, 4));
}

TEST(ZipReader, ChecksumsAreHeldAgainstTheBytesWhenAskedFor) {
  const std::string file = zip_of({{"a/data", "123456789"}});
  open_bytes(file).verify_checksums();  // none told
  open_bytes(with_checksum(file, 0xCBF43926)).verify_checksums();
  const ZipFile damaged = open_bytes(with_checksum(file, 0xCBF43927));
  EXPECT_EQ(content(damaged, "a/data"), "123456789");
  try {
    damaged.verify_checksums();
    FAIL() << "a wrong checksum was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_format);
    EXPECT_NE(std::string(error.what()).find("a/data"), std::string::npos) << error.what();
  }
}

TEST(ZipReader, ARecordGivenTwiceIsRefused) {
  EXPECT_EQ(code_of(zip_of({{"a", "x"}, {"a", "y"}})), ErrorCode::bad_format);
}

}  // namespace zip_reader_test
}  // namespace fcclip::io
