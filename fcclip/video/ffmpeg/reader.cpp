#include "fcclip/video/ffmpeg/reader.h"

#include <cmath>
#include <cstring>
#include <dlfcn.h>
#include <memory>
#include <string>

#include "fcclip/video/ffmpeg/av_error.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/display.h>
#include <libavutil/log.h>
#include <libswscale/swscale.h>
}

namespace fcclip::video::ffmpeg {
namespace {

bool is_camera(const char* path) {
  return std::strncmp(path, "/dev/video", 10) == 0;
}

// libavdevice brings desktops' libraries along: it is opened for cameras alone.
const AVInputFormat* camera_format() {
  const std::string name = "libavdevice.so." + std::to_string(LIBAVFORMAT_VERSION_MAJOR);
  void* library = dlopen(name.c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (library == nullptr) return nullptr;
  if (void* all = dlsym(library, "avdevice_register_all"); all != nullptr) {
    reinterpret_cast<void (*)()>(all)();
  }
  return av_find_input_format("v4l2");
}

const int32_t* display_matrix(const AVStream& stream) {
#if LIBAVFORMAT_VERSION_MAJOR >= 61
  const AVCodecParameters& codec = *stream.codecpar;
  const AVPacketSideData* data = av_packet_side_data_get(
      codec.coded_side_data, codec.nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
  return data == nullptr ? nullptr : reinterpret_cast<const int32_t*>(data->data);
#else
  return reinterpret_cast<const int32_t*>(
      av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, nullptr));
#endif
}

// To the nearest quarter turn.
int turn_of(const AVStream& stream) {
  const int32_t* matrix = display_matrix(stream);
  if (matrix == nullptr) return 0;
  const double angle = av_display_rotation_get(matrix);
  if (std::isnan(angle)) return 0;
  const long quarters = std::lround(-angle / 90);
  return static_cast<int>(((quarters % 4) + 4) % 4 * 90);
}

// Where a film does not say its colours, they are those of its size.
int colour_space(const AVFrame& frame) {
  if (frame.colorspace != AVCOL_SPC_UNSPECIFIED) return frame.colorspace;
  return frame.height >= 720 ? SWS_CS_ITU709 : SWS_CS_ITU601;
}

}  // namespace

Reader::Reader(const char* path, double start_seconds) {
  av_log_set_level(AV_LOG_QUIET);  // what matters is said in the message
  try {
    open_format(path);
    open_decoder();
    if (start_seconds > 0) seek(start_seconds);
  } catch (...) {
    release();
    throw;
  }
}

Reader::~Reader() {
  release();
}

void Reader::release() {
  sws_freeContext(scaler_);
  av_frame_free(&frame_);
  av_packet_free(&packet_);
  avcodec_free_context(&decoder_);
  avformat_close_input(&format_);
}

// "file:" so that no name is taken for an address; and a playlist may not lead elsewhere.
void Reader::open_format(const char* path) {
  const AVInputFormat* format = nullptr;
  std::string address = std::string("file:") + path;
  AVDictionary* options = nullptr;
  if (is_camera(path)) {
    format = camera_format();
    if (format == nullptr)
      throw std::runtime_error("cameras need FFmpeg's libavdevice, which is not here");
    address = path;
  } else {
    av_dict_set(&options, "protocol_whitelist", "file", 0);
  }
  const int opened = avformat_open_input(&format_, address.c_str(), format, &options);
  av_dict_free(&options);
  if (opened < 0) {
    throw std::runtime_error("not a film that FFmpeg's libraries can read (" + av_text(opened) +
                             ")");
  }
  check_av(avformat_find_stream_info(format_, nullptr), "no film in it");
}

void Reader::open_decoder() {
  const AVCodec* codec = nullptr;
  stream_ = av_find_best_stream(format_, AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0);
  if (stream_ == AVERROR_DECODER_NOT_FOUND) {
    throw std::runtime_error("FFmpeg's libraries here have no decoder for it");
  }
  if (stream_ < 0 || (format_->streams[stream_]->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0) {
    throw std::runtime_error("no moving pictures in it");
  }
  decoder_ = avcodec_alloc_context3(codec);
  frame_ = av_frame_alloc();
  packet_ = av_packet_alloc();
  if (decoder_ == nullptr || frame_ == nullptr || packet_ == nullptr) throw std::bad_alloc();
  const AVStream& stream = *format_->streams[stream_];
  check_av(avcodec_parameters_to_context(decoder_, stream.codecpar), "it can't be decoded");
  decoder_->thread_count = 2;  // the network needs the rest
  check_av(avcodec_open2(decoder_, codec, nullptr), "it can't be decoded");
  for (unsigned i = 0; i < format_->nb_streams; ++i) {
    if (static_cast<int>(i) != stream_) format_->streams[i]->discard = AVDISCARD_ALL;
  }
}

// Where a film can't be wound, its beginning is decoded and passed over.
void Reader::seek(double seconds) {
  const AVStream& stream = *format_->streams[stream_];
  const int64_t first = stream.start_time == AV_NOPTS_VALUE ? 0 : stream.start_time;
  const int64_t target = first + std::llround(seconds / av_q2d(stream.time_base));
  if (av_seek_frame(format_, stream_, target, AVSEEK_FLAG_BACKWARD) >= 0) {
    avcodec_flush_buffers(decoder_);
  }
}

FcclipFilmFacts Reader::facts() const {
  AVStream* stream = format_->streams[stream_];
  const AVRational rate = av_guess_frame_rate(format_, stream, nullptr);
  FcclipFilmFacts facts{};
  facts.frames_per_second = rate.num > 0 && rate.den > 0 ? av_q2d(rate) : 0;
  if (stream->duration > 0) {
    facts.seconds = static_cast<double>(stream->duration) * av_q2d(stream->time_base);
  } else if (format_->duration > 0) {
    facts.seconds = static_cast<double>(format_->duration) / AV_TIME_BASE;
  }
  facts.frames = std::max<int64_t>(0, stream->nb_frames);
  facts.turn_degrees = turn_of(*stream);
  return facts;
}

// One packet into the decoder; false when there is nothing more to give.
bool Reader::feed() {
  while (!drained_) {
    const int read = av_read_frame(format_, packet_);
    if (read < 0) {
      if (read != AVERROR_EOF) ++damaged_;
      drained_ = true;
      avcodec_send_packet(decoder_, nullptr);
      return true;
    }
    const bool ours = packet_->stream_index == stream_;
    const int sent = ours ? avcodec_send_packet(decoder_, packet_) : 0;
    av_packet_unref(packet_);
    if (sent < 0) ++damaged_;
    if (ours && sent >= 0) return true;
  }
  return false;
}

double Reader::seconds_of_frame() const {
  const AVStream& stream = *format_->streams[stream_];
  if (frame_->best_effort_timestamp == AV_NOPTS_VALUE) {
    const double rate = facts().frames_per_second;
    return static_cast<double>(decoded_) / (rate > 0 ? rate : 25);
  }
  const int64_t first = stream.start_time == AV_NOPTS_VALUE ? 0 : stream.start_time;
  return static_cast<double>(frame_->best_effort_timestamp - first) * av_q2d(stream.time_base);
}

bool Reader::next(FcclipFilmFrame& frame) {
  while (true) {
    const int got = avcodec_receive_frame(decoder_, frame_);
    if (got == 0) break;
    if (got == AVERROR_EOF) return false;
    if (got != AVERROR(EAGAIN)) ++damaged_;
    if (!feed()) return false;
  }
  frame = {frame_->width, frame_->height, seconds_of_frame()};
  ++decoded_;
  return true;
}

void Reader::pixels(uint8_t* rgb) {
  const auto format = static_cast<AVPixelFormat>(frame_->format);
  scaler_ = sws_getCachedContext(scaler_, frame_->width, frame_->height, format, frame_->width,
                                 frame_->height, AV_PIX_FMT_RGB24,
                                 SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT, nullptr,
                                 nullptr, nullptr);
  if (scaler_ == nullptr) throw std::runtime_error("pixels of an unknown kind");
  sws_setColorspaceDetails(scaler_, sws_getCoefficients(colour_space(*frame_)),
                           frame_->color_range == AVCOL_RANGE_JPEG,
                           sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16, 1 << 16);
  uint8_t* const planes[4] = {rgb};
  const int lines[4] = {3 * frame_->width};
  check_av(sws_scale(scaler_, frame_->data, frame_->linesize, 0, frame_->height, planes, lines),
           "its pixels can't be read");
}

}  // namespace fcclip::video::ffmpeg
