#pragma once
// What a file is, told from its bytes. Internal to the folder.

#include <string_view>

namespace fcclip::image {

/// What decoders there are.
enum class PictureKind { none, jpeg, png, webp, tiff, bmp, gif, heif };

/// The decoder that takes the bytes; none for everything that is no picture or of a kind that is
/// not read.
PictureKind picture_kind(std::string_view bytes);

}  // namespace fcclip::image
