#include "fcclip/image/png_reader.h"

#include <cstring>

namespace fcclip::image {

void PngReader::on_error(png_structp png, png_const_charp message) {
  auto* reader = static_cast<PngReader*>(png_get_error_ptr(png));
  strncpy(reader->message_, message, sizeof reader->message_ - 1);
  png_longjmp(png, 1);
}

void PngReader::on_read(png_structp png, png_bytep target, png_size_t size) {
  auto* reader = static_cast<PngReader*>(png_get_io_ptr(png));
  if (size > reader->bytes_.size() - reader->position_) {
    reader->truncated_ = true;
    png_error(png, "the file ends too early");
  }
  memcpy(target, reader->bytes_.data() + reader->position_, size);
  reader->position_ += size;
}

PngReader::~PngReader() {
  if (png_ != nullptr) png_destroy_read_struct(&png_, info_ != nullptr ? &info_ : nullptr, nullptr);
}

bool PngReader::read_header(Header* header) {
  png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
  if (png_ == nullptr) return false;
  if (setjmp(png_jmpbuf(png_)) != 0) return false;
  info_ = png_create_info_struct(png_);
  if (info_ == nullptr) return false;
  png_set_read_fn(png_, this, on_read);
  png_set_user_limits(png_, 0x7fffffff, 0x7fffffff);
  png_read_info(png_, info_);
  png_get_IHDR(png_, info_, &header->width, &header->height, &header->bit_depth,
               &header->color_type, &header->interlace, nullptr, nullptr);
  return true;
}

bool PngReader::as_rgb8() {
  if (setjmp(png_jmpbuf(png_)) != 0) return false;
  png_set_packing(png_);
  const int type = png_get_color_type(png_, info_);
  if (type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png_);
  if (type == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(png_);
  if ((type & PNG_COLOR_MASK_COLOR) == 0) png_set_gray_to_rgb(png_);
  png_set_strip_alpha(png_);
  png_set_interlace_handling(png_);
  png_read_update_info(png_, info_);
  return true;
}

bool PngReader::as_rgba8() {
  if (setjmp(png_jmpbuf(png_)) != 0) return false;
  png_set_expand(png_);
  png_set_strip_16(png_);
  png_set_gray_to_rgb(png_);
  png_set_add_alpha(png_, 0xff, PNG_FILLER_AFTER);
  png_set_interlace_handling(png_);
  png_read_update_info(png_, info_);
  return true;
}

bool PngReader::as_stored() {
  if (setjmp(png_jmpbuf(png_)) != 0) return false;
  png_set_packing(png_);
  png_set_strip_alpha(png_);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  png_set_swap(png_);
#endif
  png_set_interlace_handling(png_);
  png_read_update_info(png_, info_);
  return true;
}

size_t PngReader::row_bytes() {
  if (setjmp(png_jmpbuf(png_)) != 0) return 0;
  return png_get_rowbytes(png_, info_);
}

bool PngReader::read_rows(std::vector<png_bytep>& rows) {
  if (setjmp(png_jmpbuf(png_)) != 0) return false;
  png_read_image(png_, rows.data());
  png_read_end(png_, info_);
  return true;
}

bool PngReader::read_row(png_bytep row) {
  if (setjmp(png_jmpbuf(png_)) != 0) return false;
  png_read_row(png_, row, nullptr);
  return true;
}

std::string_view PngReader::exif() {
  png_uint_32 size = 0;
  png_bytep data = nullptr;
  if (png_get_eXIf_1(png_, info_, &size, &data) == 0 || data == nullptr) return {};
  return {reinterpret_cast<const char*>(data), size};
}

std::string_view PngReader::text(const char* keyword) {
  png_textp texts = nullptr;
  const int count = png_get_text(png_, info_, &texts, nullptr);
  for (int i = 0; i < count; ++i) {
    if (strcmp(texts[i].key, keyword) == 0 && texts[i].text != nullptr) return texts[i].text;
  }
  return {};
}

}  // namespace fcclip::image
