#pragma once
// The archive that torch.save writes: a zip file whose records are stored, not compressed.

#include <map>
#include <memory>
#include <span>
#include <string>

#include "fcclip/io/mapped_file.h"

namespace fcclip::io {

/// A record's bytes inside the mapped file.
struct ZipRecord {
  size_t begin = 0, size = 0;
  uint32_t crc32 = 0;  ///< 0: not told (torch.save can be told to leave checksums out)
};

/// The table of contents of a zip file (zip64 included), every bound checked. Throws
/// Error{bad_format} for truncated or damaged files and duplicate names, Error{unsupported} for
/// compressed or encrypted records. Checksums are verified only when asked for: that reads every
/// page of a file which is meant to be mapped.
class ZipFile {
 public:
  explicit ZipFile(std::shared_ptr<const MappedFile> file);
  /// nullptr when there is none.
  const ZipRecord* find(const std::string& name) const;
  std::span<const std::byte> bytes(const ZipRecord& record) const;
  /// Throws Error{bad_format} naming the first record whose bytes are not those of its checksum.
  void verify_checksums() const;
  const std::map<std::string, ZipRecord>& records() const { return records_; }

 private:
  std::shared_ptr<const MappedFile> file_;
  std::map<std::string, ZipRecord> records_;
};

}  // namespace fcclip::io
