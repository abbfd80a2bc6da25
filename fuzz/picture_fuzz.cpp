// Every kind of picture, told apart as the program does: BMP, GIF, HEIC and AVIF have no entry point of their own.

#include "fuzz/picture.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return fcclip::fuzz::decode_picture(fcclip::fuzz::text(data, size), "");
}
