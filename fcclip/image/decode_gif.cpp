#include <algorithm>
#include <array>
#include <cstring>
#include <gif_lib.h>
#include <memory>
#include <vector>

#include <ATen/ATen.h>

#include "fcclip/image/codec.h"

namespace fcclip::image {
namespace {

struct GifSource {
  std::string_view bytes;
  size_t position = 0;
  bool ended = false;
};

int read_gif_bytes(GifFileType* gif, GifByteType* target, int size) {
  auto* from = static_cast<GifSource*>(gif->UserData);
  const size_t count =
      std::min<size_t>(static_cast<size_t>(std::max(size, 0)), from->bytes.size() - from->position);
  std::memcpy(target, from->bytes.data() + from->position, count);
  from->position += count;
  from->ended = from->ended || count < static_cast<size_t>(size);
  return static_cast<int>(count);
}

struct CloseGif {
  void operator()(GifFileType* gif) const {
    int ignored = 0;
    DGifCloseFile(gif, &ignored);
  }
};
using Gif = std::unique_ptr<GifFileType, CloseGif>;

[[noreturn]] void refuse_gif(const GifSource& source, std::string_view name) {
  refuse(name, source.ended ? "truncated GIF: the file ends too early" : "damaged GIF");
}

/// Goes to the first frame. False: there is none.
bool find_frame(GifFileType* gif, const GifSource& source, std::string_view name) {
  for (;;) {
    GifRecordType record = UNDEFINED_RECORD_TYPE;
    if (DGifGetRecordType(gif, &record) == GIF_ERROR) refuse_gif(source, name);
    if (record == TERMINATE_RECORD_TYPE) return false;
    if (record == IMAGE_DESC_RECORD_TYPE) {
      if (DGifGetImageDesc(gif) == GIF_ERROR) refuse_gif(source, name);
      return true;
    }
    if (record != EXTENSION_RECORD_TYPE) continue;
    int code = 0;
    GifByteType* block = nullptr;
    int status = DGifGetExtension(gif, &code, &block);
    while (status != GIF_ERROR && block != nullptr) status = DGifGetExtensionNext(gif, &block);
    if (status == GIF_ERROR) refuse_gif(source, name);
  }
}

void copy_colours(const ColorMapObject& map, const std::vector<GifPixelType>& row, uint8_t* rgb) {
  for (const GifPixelType index : row) {
    const GifColorType colour = index < map.ColorCount ? map.Colors[index] : GifColorType{0, 0, 0};
    *rgb++ = colour.Red;
    *rgb++ = colour.Green;
    *rgb++ = colour.Blue;
  }
}

void read_frame(GifFileType* gif, const GifSource& source, at::Tensor& canvas,
                std::string_view name) {
  const GifImageDesc& frame = gif->Image;
  const ColorMapObject* map = frame.ColorMap != nullptr ? frame.ColorMap : gif->SColorMap;
  if (map == nullptr || map->Colors == nullptr) refuse(name, "damaged GIF: it has no colours");
  std::vector<GifPixelType> row(static_cast<size_t>(frame.Width));
  // Interlaced rows come in four passes.
  const std::array<int, 4> first = {0, 4, 2, 1}, step = {8, 8, 4, 2};
  for (int pass = 0; pass < (frame.Interlace ? 4 : 1); ++pass) {
    for (int y = frame.Interlace ? first[pass] : 0; y < frame.Height;
         y += frame.Interlace ? step[pass] : 1) {
      if (DGifGetLine(gif, row.data(), frame.Width) == GIF_ERROR) refuse_gif(source, name);
      const int64_t place = (int64_t{frame.Top} + y) * canvas.size(1) + frame.Left;
      copy_colours(*map, row, canvas.data_ptr<uint8_t>() + place * 3);
    }
  }
}

}  // namespace

// The first frame of an animation, on the background colour where it does not fill the canvas.
Decoded decode_gif(std::string_view bytes, std::string_view name, const ReadOptions& options) {
  GifSource source{bytes};
  int error = 0;
  const Gif gif(DGifOpen(&source, read_gif_bytes, &error));
  if (!gif) refuse_gif(source, name);
  if (!find_frame(gif.get(), source, name)) refuse(name, "a GIF without a picture");
  const GifImageDesc& frame = gif->Image;
  const int64_t width = std::max<int64_t>(gif->SWidth, int64_t{frame.Left} + frame.Width);
  const int64_t height = std::max<int64_t>(gif->SHeight, int64_t{frame.Top} + frame.Height);
  check_extent(name, width, height, options.max_pixels);
  check_extent(name, frame.Width, frame.Height, options.max_pixels);
  // LZW's longest string is 4096 pixels for a code of 12 bits.
  if (int64_t{frame.Width} * frame.Height / 2731 > std::ssize(bytes)) {
    refuse(name, "truncated GIF: ", bytes.size(), " bytes cannot hold ", frame.Width, " x ",
           frame.Height, " pixels");
  }
  Decoded out{at::zeros({height, width, 3}, at::kByte)};
  const ColorMapObject* map = gif->SColorMap;
  const bool covers = frame.Width == width && frame.Height == height;
  if (!covers && map != nullptr && gif->SBackGroundColor < map->ColorCount) {
    const GifColorType& colour = map->Colors[gif->SBackGroundColor];
    out.rgb.copy_(at::tensor({int{colour.Red}, int{colour.Green}, int{colour.Blue}}, at::kInt));
  }
  read_frame(gif.get(), source, out.rgb, name);
  return out;
}

}  // namespace fcclip::image
