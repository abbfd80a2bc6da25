#include "fcclip/serve/zip_archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <ctime>

namespace fcclip::serve {
namespace {

struct ArchiveEnd {
  void operator()(archive* writer) const { archive_write_free(writer); }
};
struct EntryEnd {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};
using Writer = std::unique_ptr<archive, ArchiveEnd>;

void check(archive* writer, la_ssize_t result) {
  if (result >= 0) return;
  const char* why = archive_error_string(writer);
  fail(ErrorCode::internal, "cannot write a zip archive: ", why == nullptr ? "no reason" : why);
}

la_ssize_t append(archive*, void* bytes, const void* data, size_t size) {
  static_cast<std::string*>(bytes)->append(static_cast<const char*>(data), size);
  return static_cast<la_ssize_t>(size);
}

void add(archive* writer, const OutputFile& file) {
  const std::unique_ptr<archive_entry, EntryEnd> entry(archive_entry_new());
  archive_entry_set_pathname_utf8(entry.get(), file.name.c_str());
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(file.bytes.size()));
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0644);
  archive_entry_set_mtime(entry.get(), std::time(nullptr), 0);
  const bool is_picture = file.name.ends_with(".png") || file.name.ends_with(".jpg");
  check(writer, is_picture ? archive_write_zip_set_compression_store(writer)
                           : archive_write_zip_set_compression_deflate(writer));
  check(writer, archive_write_header(writer, entry.get()));
  check(writer, archive_write_data(writer, file.bytes.data(), file.bytes.size()));
}

}  // namespace

std::string zip_archive(const std::vector<OutputFile>& files) {
  std::string bytes;
  const Writer writer(archive_write_new());
  check(writer.get(), archive_write_set_format_zip(writer.get()));
  check(writer.get(), archive_write_set_options(writer.get(), "hdrcharset=UTF-8"));
  check(writer.get(), archive_write_open(writer.get(), &bytes, nullptr, append, nullptr));
  for (const OutputFile& file : files) add(writer.get(), file);
  check(writer.get(), archive_write_close(writer.get()));
  return bytes;
}

}  // namespace fcclip::serve
