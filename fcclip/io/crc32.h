#pragma once
// The checksum of zip and PNG files (ISO 3309; polynomial 0xEDB88320).

#include <cstddef>
#include <cstdint>
#include <span>

namespace fcclip::io {

/// Of all bytes, as zip and PNG store it.
uint32_t crc32(std::span<const std::byte> bytes);

}  // namespace fcclip::io
