#pragma once
// What libfcclip_video.so gives to the rest, in plain C: it is opened while the program runs, where
// FFmpeg's libraries are there, and knows nothing of LibTorch or of this library's classes.

#include <cstddef>
#include <cstdint>

extern "C" {

/// Grows with every change of what follows.
enum { FCCLIP_FILM_LIBRARY_VERSION = 1 };

/// Room for one line that says what went wrong.
struct FcclipFilmMessage {
  char text[512];
};

/// What a film's head says.
struct FcclipFilmFacts {
  double frames_per_second;  ///< 0: not said
  double seconds;            ///< 0: not said
  int64_t frames;            ///< 0: not said
  int turn_degrees;          ///< clockwise, so that it stands upright: 0, 90, 180, 270
};

/// A frame as it is stored.
struct FcclipFilmFrame {
  int width, height;
  double seconds;  ///< from the film's beginning
};

/// A film to be written.
struct FcclipFilmShape {
  int width, height;  ///< even
  double frames_per_second;
};

/// The functions. Those that can fail return null or −1 and say why.
struct FcclipFilmLibrary {
  /// Opens a film, or a camera ("/dev/video0"), at the last key frame before `start_seconds`.
  void* (*open)(const char* path, double start_seconds, FcclipFilmFacts* facts,
                FcclipFilmMessage* message);
  /// 1: a frame; 0: the end; −1.
  int (*next)(void* reader, FcclipFilmFrame* frame, FcclipFilmMessage* message);
  /// The pixels of the frame that next() found: height · width · 3 bytes of red, green, blue.
  int (*pixels)(void* reader, uint8_t* rgb, FcclipFilmMessage* message);
  /// How many packets could not be decoded.
  int64_t (*damaged)(void* reader);
  void (*close)(void* reader);

  /// An MP4 file with H.264, or MPEG-4 where there is no such encoder.
  void* (*create)(const char* path, const FcclipFilmShape* shape, FcclipFilmMessage* message);
  int (*write)(void* writer, const uint8_t* rgb, FcclipFilmMessage* message);
  /// 0 when the file is whole. The writer is to be closed all the same.
  int (*finish)(void* writer, FcclipFilmMessage* message);
  const char* (*encoder)(void* writer);
  void (*discard)(void* writer);
};

/// Null for another version than the library's own.
__attribute__((visibility("default"))) const FcclipFilmLibrary* fcclip_film_library(int version);
}
