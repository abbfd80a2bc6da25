#include "fcclip/image/tiff_file.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace fcclip::image {
namespace {

TiffFile::Source& source(thandle_t handle) {
  return *static_cast<TiffFile::Source*>(handle);
}

tmsize_t read_bytes(thandle_t handle, void* target, tmsize_t size) {
  TiffFile::Source& from = source(handle);
  if (size <= 0 || from.position >= from.bytes.size()) return 0;
  const size_t count = std::min<size_t>(size, from.bytes.size() - from.position);
  memcpy(target, from.bytes.data() + from.position, count);
  from.position += count;
  return static_cast<tmsize_t>(count);
}

tmsize_t write_bytes(thandle_t, void*, tmsize_t) {
  return 0;
}

toff_t seek(thandle_t handle, toff_t offset, int whence) {
  TiffFile::Source& from = source(handle);
  if (whence == SEEK_CUR) offset += from.position;
  if (whence == SEEK_END) offset += from.bytes.size();
  from.position = offset;
  return offset;
}

int close_nothing(thandle_t) {
  return 0;
}

toff_t size_of(thandle_t handle) {
  return source(handle).bytes.size();
}

int map_nothing(thandle_t, void**, toff_t*) {
  return 0;
}

void unmap_nothing(thandle_t, void*, toff_t) {}

#if TIFFLIB_VERSION >= 20221213
int keep_message(TIFF*, void* user, const char*, const char* format, va_list arguments) {
  std::string& message = static_cast<TiffFile::Source*>(user)->message;
  if (!message.empty()) return 1;
  char text[200];
  vsnprintf(text, sizeof text, format, arguments);
  message = text;
  message.resize(std::min(message.size(), message.find('\n')));  // some of libtiff's have two lines
  return 1;
}

int drop_message(TIFF*, void*, const char*, const char*, va_list) {
  return 1;
}
#endif

}  // namespace

TiffFile::TiffFile(std::string_view bytes) {
  source_.bytes = bytes;
#if TIFFLIB_VERSION >= 20221213
  TIFFOpenOptions* options = TIFFOpenOptionsAlloc();
  if (options == nullptr) return;
  TIFFOpenOptionsSetErrorHandlerExtR(options, keep_message, &source_);
  TIFFOpenOptionsSetWarningHandlerExtR(options, drop_message, &source_);
  TIFFOpenOptionsSetMaxSingleMemAlloc(options, tmsize_t{1} << 31);
  tiff_ = TIFFClientOpenExt("picture", "rm", &source_, read_bytes, write_bytes, seek, close_nothing,
                            size_of, map_nothing, unmap_nothing, options);
  TIFFOpenOptionsFree(options);
#else
  // Before 4.5 the handlers are the process's; without them the library is silent.
  TIFFSetErrorHandler(nullptr);
  TIFFSetWarningHandler(nullptr);
  tiff_ = TIFFClientOpen("picture", "rm", &source_, read_bytes, write_bytes, seek, close_nothing,
                         size_of, map_nothing, unmap_nothing);
#endif
}

std::string TiffFile::text(uint32_t tag) const {
  const TIFFField* field = TIFFFindField(tiff_, tag, TIFF_ANY);
  if (field == nullptr || TIFFFieldDataType(field) != TIFF_ASCII ||
      TIFFFieldPassCount(field) == 0 || TIFFFieldReadCount(field) != TIFF_VARIABLE2) {
    return "";
  }
  uint32_t count = 0;
  const char* data = nullptr;
  if (TIFFGetField(tiff_, tag, &count, &data) != 1 || data == nullptr) return "";
  return {data, strnlen(data, count)};
}

TiffFile::~TiffFile() {
  if (tiff_ != nullptr) TIFFClose(tiff_);
}

}  // namespace fcclip::image
