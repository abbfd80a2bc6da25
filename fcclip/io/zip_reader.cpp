#include "fcclip/io/zip_reader.h"

#include <optional>

#include "fcclip/core/error.h"
#include "fcclip/io/byte_reader.h"
#include "fcclip/io/crc32.h"
#include "fcclip/text/printable.h"

namespace fcclip::io {
namespace {

constexpr uint32_t kEndSignature = 0x06054b50, kEnd64Signature = 0x06064b50;
constexpr uint32_t kLocator64Signature = 0x07064b50;
constexpr uint32_t kEntrySignature = 0x02014b50, kLocalSignature = 0x04034b50;
constexpr size_t kEndSize = 22, kLocator64Size = 20, kLongestComment = 65535;
constexpr uint64_t kUse64 = 0xFFFFFFFF, kUse64Count = 0xFFFF;
constexpr uint64_t kMostRecords = 1'000'000;
constexpr uint16_t kZip64Field = 1;

struct Directory {
  uint64_t count, begin;
};

struct Entry {
  std::string name;
  uint32_t crc32;
  uint64_t flags, method, packed_size, size, local_begin;
};

[[noreturn]] void damaged(const ByteReader& reader, const std::string& what) {
  fail(ErrorCode::bad_format, reader.file(), " is a damaged or truncated zip file: ", what,
       "; download it again");
}

/// The end record stands last, before a comment that reaches exactly to the end of the file.
std::optional<size_t> find_end(std::span<const std::byte> bytes, const std::string& file) {
  if (bytes.size() < kEndSize) return std::nullopt;
  const size_t last = bytes.size() - kEndSize;
  const size_t first = last > kLongestComment ? last - kLongestComment : 0;
  for (size_t at = last + 1; at-- > first;) {
    ByteReader reader(bytes, file);
    reader.seek(at);
    if (reader.unsigned_int(4) != kEndSignature) continue;
    reader.seek(at + kEndSize - 2);
    if (reader.unsigned_int(2) == bytes.size() - at - kEndSize) return at;
  }
  return std::nullopt;
}

Directory read_directory64(ByteReader reader, size_t end) {
  if (end < kLocator64Size) damaged(reader, "no zip64 locator");
  reader.seek(end - kLocator64Size);
  if (reader.unsigned_int(4) != kLocator64Signature) damaged(reader, "no zip64 locator");
  reader.take(4);
  reader.seek(reader.unsigned_int(8));
  if (reader.unsigned_int(4) != kEnd64Signature) damaged(reader, "no zip64 end record");
  reader.take(20);  // its size, versions, disk numbers
  reader.take(8);   // records on this disk
  const uint64_t count = reader.unsigned_int(8);
  reader.take(8);  // size of the directory
  return {count, reader.unsigned_int(8)};
}

Directory read_directory(ByteReader reader) {
  const auto end = find_end(reader.take(reader.remaining()), reader.file());
  if (!end) damaged(reader, "its directory, which stands at the end, is not there");
  reader.seek(*end + 10);
  const uint64_t count = reader.unsigned_int(2);
  const uint64_t size = reader.unsigned_int(4), begin = reader.unsigned_int(4);
  if (count == kUse64Count || size == kUse64 || begin == kUse64) {
    return read_directory64(reader, *end);
  }
  return {count, begin};
}

/// Sizes and offsets over 4 GB stand in an extra field, in this order, only those that are needed.
void apply_zip64(Entry& entry, ByteReader extra) {
  while (extra.remaining() >= 4) {
    const uint64_t id = extra.unsigned_int(2);
    const uint64_t size = extra.unsigned_int(2);
    ByteReader field(extra.take(size), extra.file());
    if (id != kZip64Field) continue;
    for (uint64_t* value : {&entry.size, &entry.packed_size, &entry.local_begin}) {
      if (*value == kUse64) *value = field.unsigned_int(8);
    }
    return;
  }
}

Entry read_entry(ByteReader& reader) {
  if (reader.unsigned_int(4) != kEntrySignature) damaged(reader, "a directory entry is missing");
  reader.take(4);  // versions
  Entry entry;
  entry.flags = reader.unsigned_int(2);
  entry.method = reader.unsigned_int(2);
  reader.take(4);  // time, date
  entry.crc32 = static_cast<uint32_t>(reader.unsigned_int(4));
  entry.packed_size = reader.unsigned_int(4);
  entry.size = reader.unsigned_int(4);
  const uint64_t name = reader.unsigned_int(2), extra = reader.unsigned_int(2);
  const uint64_t comment = reader.unsigned_int(2);
  reader.take(8);  // disk, attributes
  entry.local_begin = reader.unsigned_int(4);
  entry.name = reader.text(name);
  const auto extra_bytes = reader.take(extra);
  apply_zip64(entry, ByteReader(extra_bytes, reader.file()));
  reader.take(comment);
  return entry;
}

ZipRecord locate(ByteReader reader, const Entry& entry) {
  if ((entry.flags & 1) != 0 || entry.method != 0) {
    fail(ErrorCode::unsupported, reader.file(), ": record ", text::printable(entry.name), " is ",
         (entry.flags & 1) != 0 ? "encrypted" : "compressed",
         "; torch.save stores records as they are, unpack and save the file again");
  }
  if (entry.size != entry.packed_size)
    damaged(reader, "record " + text::printable(entry.name) + " has two sizes");
  reader.seek(entry.local_begin);
  if (reader.unsigned_int(4) != kLocalSignature) {
    damaged(reader, "record " + text::printable(entry.name) + " is not where the directory says");
  }
  reader.take(22);
  const uint64_t name = reader.unsigned_int(2), extra = reader.unsigned_int(2);
  if (reader.text(name) != entry.name) {
    damaged(reader, "record " + text::printable(entry.name) + " is not where the directory says");
  }
  reader.take(extra);
  const size_t begin = reader.position();
  reader.take(entry.size);
  return {begin, entry.size, entry.crc32};
}

}  // namespace

ZipFile::ZipFile(std::shared_ptr<const MappedFile> file) : file_(std::move(file)) {
  const std::string name = file_->path().string();
  ByteReader reader(file_->bytes(), name);
  const Directory directory = read_directory(reader);
  if (directory.count > kMostRecords) damaged(reader, "over a million records");
  reader.seek(directory.begin);
  for (uint64_t i = 0; i < directory.count; ++i) {
    const Entry entry = read_entry(reader);
    const ZipRecord record = locate(ByteReader(file_->bytes(), name), entry);
    if (!records_.emplace(entry.name, record).second) {
      damaged(reader, "record " + text::printable(entry.name) + " occurs twice");
    }
  }
}

void ZipFile::verify_checksums() const {
  for (const auto& [name, record] : records_) {
    if (record.crc32 == 0 || crc32(bytes(record)) == record.crc32) continue;
    fail(ErrorCode::bad_format, file_->path().string(), ": record ", text::printable(name),
         " does not have its checksum; the file is damaged, download it again");
  }
}

const ZipRecord* ZipFile::find(const std::string& name) const {
  const auto found = records_.find(name);
  return found == records_.end() ? nullptr : &found->second;
}

std::span<const std::byte> ZipFile::bytes(const ZipRecord& record) const {
  return file_->bytes().subspan(record.begin, record.size);
}

}  // namespace fcclip::io
