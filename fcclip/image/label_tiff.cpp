#include "fcclip/image/label_tiff.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/stat.h>
#include <tiffio.h>
#include <unistd.h>

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/core/round_up.h"

namespace fcclip::image {

/// What libtiff writes to.
struct LabelTarget {
  int descriptor;
  uint64_t position = 0;
  int reason = 0;  ///< the system's, for a failure
};

namespace {

constexpr int64_t kTile = 256;
constexpr uint64_t kClassicLimit = uint64_t{1} << 31;  // of pixels' bytes, far below 4 GiB packed
constexpr uint32_t kScale = 33550, kTies = 33922, kMatrix = 34264;
constexpr uint32_t kKeys = 34735, kReals = 34736, kText = 34737, kNoDataTag = 42113;

LabelTarget& target(thandle_t handle) {
  return *static_cast<LabelTarget*>(handle);
}

tmsize_t read_back(thandle_t handle, void* data, tmsize_t size) {
  LabelTarget& file = target(handle);
  const ssize_t n =
      ::pread(file.descriptor, data, static_cast<size_t>(size), static_cast<off_t>(file.position));
  if (n > 0) file.position += static_cast<uint64_t>(n);
  return n;
}

tmsize_t write_out(thandle_t handle, void* data, tmsize_t size) {
  LabelTarget& file = target(handle);
  tmsize_t done = 0;
  while (done < size) {
    const ssize_t n = ::pwrite(file.descriptor, static_cast<const char*>(data) + done,
                               static_cast<size_t>(size - done), static_cast<off_t>(file.position));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      file.reason = n < 0 ? errno : ENOSPC;
      return -1;
    }
    done += n;
    file.position += static_cast<uint64_t>(n);
  }
  return done;
}

toff_t seek_to(thandle_t handle, toff_t offset, int whence) {
  LabelTarget& file = target(handle);
  struct stat about {};
  if (whence == SEEK_CUR) offset += file.position;
  if (whence == SEEK_END && ::fstat(file.descriptor, &about) == 0) {
    offset += static_cast<toff_t>(about.st_size);
  }
  file.position = offset;
  return offset;
}

int leave_open(thandle_t) {
  return 0;
}

toff_t size_so_far(thandle_t handle) {
  struct stat about {};
  return ::fstat(target(handle).descriptor, &about) == 0 ? static_cast<toff_t>(about.st_size) : 0;
}

int no_map(thandle_t, void**, toff_t*) {
  return 0;
}

void no_unmap(thandle_t, void*, toff_t) {}

// Tags that libtiff does not know.
void add_geo_fields(TIFF* tiff) {
  const auto list = [](uint32_t tag, TIFFDataType type, const char* name) {
    return TIFFFieldInfo{tag, -1, -1, type, FIELD_CUSTOM, 1, 1, const_cast<char*>(name)};
  };
  static const TIFFFieldInfo fields[] = {list(kScale, TIFF_DOUBLE, "ModelPixelScale"),
                                         list(kTies, TIFF_DOUBLE, "ModelTiepoint"),
                                         list(kMatrix, TIFF_DOUBLE, "ModelTransformation"),
                                         list(kKeys, TIFF_SHORT, "GeoKeyDirectory"),
                                         list(kReals, TIFF_DOUBLE, "GeoDoubleParams"),
                                         TIFFFieldInfo{kText, -1, -1, TIFF_ASCII, FIELD_CUSTOM, 1,
                                                       0, const_cast<char*>("GeoAsciiParams")},
                                         TIFFFieldInfo{kNoDataTag, -1, -1, TIFF_ASCII, FIELD_CUSTOM,
                                                       1, 0, const_cast<char*>("GDALNoData")}};
  TIFFMergeFieldInfo(tiff, fields, sizeof fields / sizeof fields[0]);
}

template <typename T>
void set_list(TIFF* tiff, uint32_t tag, const std::vector<T>& values) {
  if (!values.empty()) TIFFSetField(tiff, tag, static_cast<int>(values.size()), values.data());
}

template <typename T>
void narrow(const int32_t* in, int64_t count, uint8_t* out) {
  for (int64_t i = 0; i < count; ++i, out += sizeof(T)) {
    const auto value = static_cast<T>(in[i]);
    std::memcpy(out, &value, sizeof value);
  }
}

}  // namespace

class LabelTiff::File {
 public:
  File(int descriptor, const std::filesystem::path& path, bool big)
      : path_(path), target_{descriptor} {
#if TIFFLIB_VERSION >= 20221213
    TIFFOpenOptions* options = TIFFOpenOptionsAlloc();
    const auto silent = [](TIFF*, void*, const char*, const char*, va_list) { return 1; };
    TIFFOpenOptionsSetErrorHandlerExtR(options, silent, nullptr);
    TIFFOpenOptionsSetWarningHandlerExtR(options, silent, nullptr);
    tiff_ = TIFFClientOpenExt("labels", big ? "w8" : "w", &target_, read_back, write_out, seek_to,
                              leave_open, size_so_far, no_map, no_unmap, options);
    TIFFOpenOptionsFree(options);
#else
    TIFFSetErrorHandler(nullptr);
    TIFFSetWarningHandler(nullptr);
    tiff_ = TIFFClientOpen("labels", big ? "w8" : "w", &target_, read_back, write_out, seek_to,
                           leave_open, size_so_far, no_map, no_unmap);
#endif
    if (tiff_ == nullptr) fail_writing();
  }
  ~File() {
    if (tiff_ != nullptr) TIFFCleanup(tiff_);
  }

  TIFF* handle() const {
    return tiff_;
  }

  [[noreturn]] void fail_writing() const {
    fail(ErrorCode::io_failure, "can't write ", path_.string(), ": ",
         std::strerror(target_.reason != 0 ? target_.reason : EIO));
  }

  void set_tags(const LabelTiffOptions& options, int bytes) {
    TIFFSetField(tiff_, TIFFTAG_IMAGEWIDTH, static_cast<uint32_t>(options.size.width));
    TIFFSetField(tiff_, TIFFTAG_IMAGELENGTH, static_cast<uint32_t>(options.size.height));
    TIFFSetField(tiff_, TIFFTAG_BITSPERSAMPLE, 8 * bytes);
    TIFFSetField(tiff_, TIFFTAG_SAMPLESPERPIXEL, 1);
    TIFFSetField(tiff_, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
    TIFFSetField(tiff_, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    TIFFSetField(tiff_, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tiff_, TIFFTAG_COMPRESSION, COMPRESSION_ADOBE_DEFLATE);
    TIFFSetField(tiff_, TIFFTAG_TILEWIDTH, static_cast<uint32_t>(kTile));
    TIFFSetField(tiff_, TIFFTAG_TILELENGTH, static_cast<uint32_t>(kTile));
    add_geo_fields(tiff_);
    set_list(tiff_, kScale, options.geo.scale);
    set_list(tiff_, kTies, options.geo.tie_points);
    set_list(tiff_, kMatrix, options.geo.transformation);
    set_list(tiff_, kKeys, options.geo.keys);
    set_list(tiff_, kReals, options.geo.reals);
    if (!options.geo.text.empty()) TIFFSetField(tiff_, kText, options.geo.text.c_str());
    TIFFSetField(tiff_, kNoDataTag, std::to_string(options.no_data).c_str());
  }

  void finish() {
    const int written = TIFFFlush(tiff_);
    if (written != 1 || target_.reason != 0) fail_writing();
  }

 private:
  std::filesystem::path path_;
  LabelTarget target_;
  TIFF* tiff_ = nullptr;
};

LabelTiff::LabelTiff(int descriptor, const std::filesystem::path& path,
                     const LabelTiffOptions& options)
    : options_(options),
      bytes_(options.largest <= 255     ? 1
             : options.largest <= 65535 ? 2
                                        : 4) {
  const auto bytes = static_cast<uint64_t>(options.size.height) *
                     static_cast<uint64_t>(options.size.width) * static_cast<uint64_t>(bytes_);
  file_ = std::make_unique<File>(descriptor, path, bytes > kClassicLimit);
  file_->set_tags(options, bytes_);
  const int64_t width = round_up(options.size.width, kTile);
  strip_ = at::zeros({kTile, width, bytes_}, at::kByte);
}

LabelTiff::~LabelTiff() = default;

void LabelTiff::add(const at::Tensor& rows) {
  check_shape("rows", rows, {kAny, options_.size.width});
  check_dtype("rows", rows, at::kInt);
  const at::Tensor all = rows.contiguous();
  const int32_t* in = all.const_data_ptr<int32_t>();
  for (int64_t y = 0; y < all.size(0); ++y, in += options_.size.width) {
    uint8_t* out = strip_.data_ptr<uint8_t>() + filled_ * strip_.stride(0);
    if (bytes_ == 1) narrow<uint8_t>(in, options_.size.width, out);
    if (bytes_ == 2) narrow<uint16_t>(in, options_.size.width, out);
    if (bytes_ == 4) narrow<uint32_t>(in, options_.size.width, out);
    if (++filled_ == kTile) write_tiles();
  }
}

void LabelTiff::write_tiles() {
  if (filled_ < kTile) strip_.slice(0, filled_).zero_();
  for (int64_t x = 0; x < strip_.size(1); x += kTile) {
    at::Tensor tile = strip_.slice(1, x, x + kTile).contiguous();
    const uint32_t index = TIFFComputeTile(file_->handle(), static_cast<uint32_t>(x),
                                           static_cast<uint32_t>(row_), 0, 0);
    if (TIFFWriteEncodedTile(file_->handle(), index, tile.data_ptr(), tile.numel()) < 0) {
      file_->fail_writing();
    }
  }
  row_ += filled_;
  filled_ = 0;
}

void LabelTiff::finish() {
  if (filled_ > 0) write_tiles();
  file_->finish();
}

}  // namespace fcclip::image
