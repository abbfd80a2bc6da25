#include "fcclip/video/ffmpeg/film_library.h"

#include <memory>

#include "fcclip/video/ffmpeg/av_error.h"
#include "fcclip/video/ffmpeg/reader.h"
#include "fcclip/video/ffmpeg/writer.h"

namespace fcclip::video::ffmpeg {
namespace {

Reader* reader(void* given) {
  return static_cast<Reader*>(given);
}
Writer* writer(void* given) {
  return static_cast<Writer*>(given);
}

void* open_film(const char* path, double start_seconds, FcclipFilmFacts* facts,
                FcclipFilmMessage* message) {
  return guarded(message, static_cast<void*>(nullptr), [&]() -> void* {
    auto opened = std::make_unique<Reader>(path, start_seconds);
    *facts = opened->facts();
    return opened.release();
  });
}

int next_frame(void* film, FcclipFilmFrame* frame, FcclipFilmMessage* message) {
  return guarded(message, -1, [&] { return reader(film)->next(*frame) ? 1 : 0; });
}

int frame_pixels(void* film, uint8_t* rgb, FcclipFilmMessage* message) {
  return guarded(message, -1, [&] { return reader(film)->pixels(rgb), 0; });
}

int64_t damaged_packets(void* film) {
  return reader(film)->damaged();
}

void close_film(void* film) {
  delete reader(film);
}

void* create_film(const char* path, const FcclipFilmShape* shape, FcclipFilmMessage* message) {
  return guarded(message, static_cast<void*>(nullptr),
                 [&]() -> void* { return new Writer(path, *shape); });
}

int write_frame(void* film, const uint8_t* rgb, FcclipFilmMessage* message) {
  return guarded(message, -1, [&] { return writer(film)->write(rgb), 0; });
}

int finish_film(void* film, FcclipFilmMessage* message) {
  return guarded(message, -1, [&] { return writer(film)->finish(), 0; });
}

const char* film_encoder(void* film) {
  return writer(film)->encoder();
}

void discard_film(void* film) {
  delete writer(film);
}

constexpr FcclipFilmLibrary kLibrary = {open_film,    next_frame,  frame_pixels, damaged_packets,
                                        close_film,   create_film, write_frame,  finish_film,
                                        film_encoder, discard_film};

}  // namespace
}  // namespace fcclip::video::ffmpeg

extern "C" const FcclipFilmLibrary* fcclip_film_library(int version) {
  return version == FCCLIP_FILM_LIBRARY_VERSION ? &fcclip::video::ffmpeg::kLibrary : nullptr;
}
