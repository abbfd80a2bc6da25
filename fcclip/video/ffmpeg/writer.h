#pragma once
// Frames into an MP4 file. Internal to the folder.

#include "fcclip/video/ffmpeg/film_library.h"

struct AVCodec;
struct AVCodecContext;
struct AVFormatContext;
struct AVFrame;
struct AVPacket;
struct AVStream;
struct SwsContext;

namespace fcclip::video::ffmpeg {

/// The file is whole after finish(). Functions throw std::runtime_error.
class Writer {
 public:
  Writer(const char* path, const FcclipFilmShape& shape);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// height · width · 3 bytes.
  void write(const uint8_t* rgb);
  void finish();
  const char* encoder() const;

 private:
  void release();
  bool open_encoder(const AVCodec* codec);
  void open_some_encoder();
  void open_file(const char* path);
  void take_packets();

  FcclipFilmShape shape_;
  AVFormatContext* format_ = nullptr;
  AVCodecContext* encoder_ = nullptr;
  AVStream* stream_ = nullptr;
  AVFrame* frame_ = nullptr;
  AVPacket* packet_ = nullptr;
  SwsContext* scaler_ = nullptr;
  int64_t written_ = 0;
};

}  // namespace fcclip::video::ffmpeg
