// HEIC and AVIF by libheif. Turning and mirroring are part of the format and done by the library;
// an EXIF block's orientation then says nothing new and is left alone.

#include <cstring>
#include <libheif/heif.h>
#include <memory>

#include <ATen/ATen.h>

#include "fcclip/image/codec.h"

namespace fcclip::image {
namespace {

template <auto kFree>
struct HeifRelease {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using HeifContext = std::unique_ptr<heif_context, HeifRelease<heif_context_free>>;
using HeifHandle = std::unique_ptr<heif_image_handle, HeifRelease<heif_image_handle_release>>;
using HeifImage = std::unique_ptr<heif_image, HeifRelease<heif_image_release>>;
using HeifOptions = std::unique_ptr<heif_decoding_options, HeifRelease<heif_decoding_options_free>>;

bool is_avif(std::string_view bytes) {
  return bytes.substr(8, 3) == "avi" || bytes.substr(0, 64).find("avif") != std::string_view::npos;
}

[[noreturn]] void refuse_heif(const heif_error& error, std::string_view bytes,
                              std::string_view name) {
  const char* kind = is_avif(bytes) ? "AVIF" : "HEIC";
  if (error.code == heif_error_Memory_allocation_error) {
    refuse(name, "its ", kind, " data ask for more memory than is given");
  }
  if (error.code == heif_error_Unsupported_filetype ||
      error.code == heif_error_Unsupported_feature ||
      error.code == heif_error_Plugin_loading_error) {
    refuse(name, is_avif(bytes) ? "an " : "a ", kind,
           " picture that the installed libheif cannot decode; on Debian and "
           "Ubuntu the package ",
           is_avif(bytes) ? "libheif-plugin-dav1d" : "libheif-plugin-libde265", " may be missing");
  }
  refuse(name, "damaged or truncated ", kind);
}

void check_heif(const heif_error& error, std::string_view bytes, std::string_view name) {
  if (error.code != heif_error_Ok) refuse_heif(error, bytes, name);
}

HeifImage decode_primary(const heif_image_handle* handle, std::string_view bytes,
                         std::string_view name) {
  const HeifOptions options(heif_decoding_options_alloc());
  if (options) options->convert_hdr_to_8bit = 1;
  heif_image* raw = nullptr;
  check_heif(heif_decode_image(handle, &raw, heif_colorspace_RGB, heif_chroma_interleaved_RGB,
                               options.get()),
             bytes, name);
  return HeifImage(raw);
}

}  // namespace

Decoded decode_heif(std::string_view bytes, std::string_view name, const ReadOptions& read) {
  const HeifContext context(heif_context_alloc());
  if (!context) refuse(name, "libheif could not be started");
  check_heif(heif_context_read_from_memory_without_copy(context.get(), bytes.data(), bytes.size(),
                                                        nullptr),
             bytes, name);
  heif_image_handle* raw = nullptr;
  check_heif(heif_context_get_primary_image_handle(context.get(), &raw), bytes, name);
  const HeifHandle handle(raw);
  check_extent(name, heif_image_handle_get_width(raw), heif_image_handle_get_height(raw),
               read.max_pixels);
  const HeifImage image = decode_primary(raw, bytes, name);
  int stride = 0;
  const uint8_t* plane =
      heif_image_get_plane_readonly(image.get(), heif_channel_interleaved, &stride);
  const int64_t width = heif_image_get_width(image.get(), heif_channel_interleaved);
  const int64_t height = heif_image_get_height(image.get(), heif_channel_interleaved);
  if (plane == nullptr || width < 1 || height < 1 || stride < 3 * width) {
    refuse(name, "damaged ", is_avif(bytes) ? "AVIF" : "HEIC");
  }
  Decoded out{at::empty({height, width, 3}, at::kByte)};
  for (int64_t y = 0; y < height; ++y) {
    std::memcpy(out.rgb.data_ptr<uint8_t>() + y * width * 3, plane + y * stride,
                static_cast<size_t>(3 * width));
  }
  return out;
}

}  // namespace fcclip::image
