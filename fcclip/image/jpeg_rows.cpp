#include "fcclip/image/jpeg_rows.h"

#include "fcclip/image/codec.h"
#include "fcclip/image/jpeg_errors.h"
#include "fcclip/image/orientation.h"

namespace fcclip::image {
namespace {

int jpeg_orientation(const jpeg_decompress_struct& info) {
  constexpr std::string_view kXmp("http://ns.adobe.com/xap/1.0/\0", 29);
  int from_exif = 0, from_xmp = 0;
  for (jpeg_saved_marker_ptr marker = info.marker_list; marker != nullptr; marker = marker->next) {
    const std::string_view data(reinterpret_cast<const char*>(marker->data), marker->data_length);
    if (data.substr(0, 4) == "Exif" && from_exif == 0) from_exif = exif_orientation(data);
    if (data.substr(0, kXmp.size()) == kXmp) from_xmp = xmp_orientation(data);
  }
  if (from_exif != 0) return from_exif;
  return from_xmp != 0 ? from_xmp : 1;
}

// Huffman coding spends at least a bit on each 8 x 8 block, so a small file with a huge header is
// told before memory is asked for.
void check_length(const jpeg_decompress_struct& info, size_t size, std::string_view name) {
  if (info.arith_code) return;
  const double blocks = static_cast<double>(info.image_width) * info.image_height / 64.0 /
                        (info.max_h_samp_factor * info.max_v_samp_factor);
  if (static_cast<double>(size) * 8 < blocks) {
    refuse(name, "truncated JPEG: ", size, " bytes cannot hold ", info.image_width, " x ",
           info.image_height, " pixels");
  }
}

void grey_to_rgb(const uint8_t* grey, uint8_t* rgb, int64_t width) {
  for (int64_t x = 0; x < width; ++x) rgb[3 * x] = rgb[3 * x + 1] = rgb[3 * x + 2] = grey[x];
}

// Adobe's programs store inks inverted, and every reader takes four channels so.
void inverted_cmyk_to_rgb(const uint8_t* inks, uint8_t* rgb, int64_t width) {
  for (int64_t x = 0; x < width; ++x) {
    uint8_t cmyk[4];
    for (int c = 0; c < 4; ++c) cmyk[c] = static_cast<uint8_t>(255 - inks[4 * x + c]);
    cmyk_to_rgb(cmyk, rgb + 3 * x);
  }
}

}  // namespace

class JpegRows::Reader {
 public:
  Reader() { info_.err = trap(errors_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() {
    if (created_) jpeg_destroy_decompress(&info_);
  }

  bool read_header(std::string_view bytes) {
    if (setjmp(errors_.jump) != 0) return false;
    jpeg_create_decompress(&info_);
    created_ = true;
    info_.mem->max_memory_to_use = 0;
    jpeg_save_markers(&info_, JPEG_APP0 + 1, 0xFFFF);
    jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(bytes.data()),
                 static_cast<unsigned long>(bytes.size()));
    jpeg_read_header(&info_, TRUE);
    return true;
  }

  bool start() {
    if (setjmp(errors_.jump) != 0) return false;
    info_.out_color_space = info_.num_components == 4   ? JCS_CMYK
                            : info_.num_components == 1 ? JCS_GRAYSCALE
                                                        : JCS_RGB;
    info_.dct_method = JDCT_ISLOW;
    info_.do_fancy_upsampling = TRUE;
    jpeg_start_decompress(&info_);
    return true;
  }

  bool read_row(uint8_t* row) {
    if (setjmp(errors_.jump) != 0) return false;
    JSAMPROW rows[1] = {row};
    return jpeg_read_scanlines(&info_, rows, 1) == 1;
  }

  /// Whether the pixels so far needed bytes that the file does not have. With several scans the
  /// coarse picture comes first, and a missing end means missing detail.
  bool truncated() {
    return errors_.data_missing ||
           (errors_.input_ended && jpeg_has_multiple_scans(&info_) != FALSE);
  }
  bool has_scans() { return jpeg_has_multiple_scans(&info_) != FALSE; }
  bool input_ended() const { return errors_.input_ended; }
  const jpeg_decompress_struct& info() const { return info_; }
  const char* message() const { return errors_.message; }

 private:
  jpeg_decompress_struct info_ = {};
  JpegErrors errors_;
  bool created_ = false;
};

JpegRows::~JpegRows() = default;

JpegRows::JpegRows(std::string_view bytes, std::string_view name, const ReadOptions& options)
    : reader_(std::make_unique<Reader>()), name_(name) {
  Reader& reader = *reader_;
  if (!reader.read_header(bytes)) {
    refuse(name, reader.input_ended() ? "truncated JPEG (the header is cut off)" : "damaged JPEG: ",
           reader.input_ended() ? "" : reader.message());
  }
  const jpeg_decompress_struct& info = reader.info();
  check_extent(name, info.image_width, info.image_height, options.max_pixels);
  const int channels = info.num_components;
  if (channels != 1 && channels != 3 && channels != 4) {
    refuse(name, "JPEG with ", channels, " channels, expected 1, 3 or 4");
  }
  check_length(info, bytes.size(), name);
}

int64_t JpegRows::width() const {
  return reader_->info().image_width;
}

int64_t JpegRows::height() const {
  return reader_->info().image_height;
}

int JpegRows::orientation() const {
  return jpeg_orientation(reader_->info());
}

bool JpegRows::kept_whole() const {
  return reader_->has_scans();
}

void JpegRows::start() {
  if (!reader_->start()) refuse(name_, "damaged JPEG: ", reader_->message());
  const jpeg_decompress_struct& info = reader_->info();
  if (info.output_components != info.num_components) {
    refuse(name_, "damaged JPEG: unexpected colour space");
  }
  const size_t channels = static_cast<size_t>(info.num_components);
  if (channels != 3) buffer_.resize(size_t{info.output_width} * channels);
  started_ = true;
}

void JpegRows::read(uint8_t* rgb) {
  if (!started_) start();
  const int channels = reader_->info().num_components;
  if (!reader_->read_row(channels == 3 ? rgb : buffer_.data())) {
    refuse(name_, "damaged JPEG at row ", row_, " of ", height(), ": ", reader_->message());
  }
  if (reader_->truncated()) {
    refuse(name_, "truncated JPEG: data ends at row ", row_, " of ", height());
  }
  if (channels == 1) grey_to_rgb(buffer_.data(), rgb, width());
  if (channels == 4) inverted_cmyk_to_rgb(buffer_.data(), rgb, width());
  ++row_;
}

}  // namespace fcclip::image
