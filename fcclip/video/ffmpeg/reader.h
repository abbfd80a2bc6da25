#pragma once
// Frames of a film, one after another. Internal to the folder.

#include <memory>

#include "fcclip/video/ffmpeg/film_library.h"

struct AVCodecContext;
struct AVFormatContext;
struct AVFrame;
struct AVPacket;
struct SwsContext;

namespace fcclip::video::ffmpeg {

/// Holds a packet and the frames that the decoder needs. Functions throw std::runtime_error.
class Reader {
 public:
  Reader(const char* path, double start_seconds);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  FcclipFilmFacts facts() const;
  /// False at the end.
  bool next(FcclipFilmFrame& frame);
  void pixels(uint8_t* rgb);
  int64_t damaged() const { return damaged_; }

 private:
  void release();
  void open_format(const char* path);
  void open_decoder();
  void seek(double seconds);
  bool feed();
  double seconds_of_frame() const;

  AVFormatContext* format_ = nullptr;
  AVCodecContext* decoder_ = nullptr;
  AVFrame* frame_ = nullptr;
  AVPacket* packet_ = nullptr;
  SwsContext* scaler_ = nullptr;
  int stream_ = -1;
  bool drained_ = false;
  int64_t damaged_ = 0, decoded_ = 0;
};

}  // namespace fcclip::video::ffmpeg
