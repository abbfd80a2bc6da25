#include "fcclip/video/ffmpeg/writer.h"

#include <string>

#include "fcclip/video/ffmpeg/av_error.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
}

namespace fcclip::video::ffmpeg {

Writer::Writer(const char* path, const FcclipFilmShape& shape) : shape_(shape) {
  av_log_set_level(AV_LOG_QUIET);
  try {
    check_av(avformat_alloc_output_context2(&format_, nullptr, "mp4", path), "no MP4 files here");
    packet_ = av_packet_alloc();
    if (packet_ == nullptr) throw std::bad_alloc();
    open_some_encoder();
    open_file(path);
  } catch (...) {
    release();
    throw;
  }
}

Writer::~Writer() {
  release();
}

void Writer::release() {
  sws_freeContext(scaler_);
  av_frame_free(&frame_);
  av_packet_free(&packet_);
  avcodec_free_context(&encoder_);
  if (format_ != nullptr) avio_closep(&format_->pb);
  avformat_free_context(format_);
}

bool Writer::open_encoder(const AVCodec* codec) {
  if (codec == nullptr) return false;
  encoder_ = avcodec_alloc_context3(codec);
  if (encoder_ == nullptr) throw std::bad_alloc();
  encoder_->width = shape_.width;
  encoder_->height = shape_.height;
  encoder_->pix_fmt = AV_PIX_FMT_YUV420P;
  encoder_->time_base = av_inv_q(av_d2q(shape_.frames_per_second, 60000));
  encoder_->framerate = av_inv_q(encoder_->time_base);
  encoder_->gop_size = 48;
  encoder_->thread_count = 2;
  encoder_->colorspace = AVCOL_SPC_BT709;
  encoder_->color_primaries = AVCOL_PRI_BT709;
  encoder_->color_trc = AVCOL_TRC_BT709;
  encoder_->color_range = AVCOL_RANGE_MPEG;
  if (codec->id == AV_CODEC_ID_MPEG4) {
    encoder_->flags |= AV_CODEC_FLAG_QSCALE;
    encoder_->global_quality = 3 * FF_QP2LAMBDA;
  } else {
    av_opt_set(encoder_->priv_data, "preset", "veryfast", 0);
    av_opt_set(encoder_->priv_data, "crf", "18", 0);
  }
  if ((format_->oformat->flags & AVFMT_GLOBALHEADER) != 0) {
    encoder_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  }
  if (avcodec_open2(encoder_, codec, nullptr) >= 0) return true;
  avcodec_free_context(&encoder_);
  return false;
}

// Hardware encoders are left out: that they are listed does not say that they work.
void Writer::open_some_encoder() {
  for (const char* name : {"libx264", "libopenh264", "mpeg4"}) {
    if (open_encoder(avcodec_find_encoder_by_name(name))) return;
  }
  throw std::runtime_error("FFmpeg's libraries here have no encoder of H.264 or MPEG-4");
}

void Writer::open_file(const char* path) {
  stream_ = avformat_new_stream(format_, nullptr);
  if (stream_ == nullptr) throw std::bad_alloc();
  stream_->time_base = encoder_->time_base;
  stream_->avg_frame_rate = encoder_->framerate;
  check_av(avcodec_parameters_from_context(stream_->codecpar, encoder_),
           "no MP4 file of this size");
  check_av(avio_open(&format_->pb, (std::string("file:") + path).c_str(), AVIO_FLAG_WRITE),
           "can't be written");
  av_opt_set(format_->priv_data, "movflags", "+faststart", 0);
  check_av(avformat_write_header(format_, nullptr), "can't be written");
  frame_ = av_frame_alloc();
  if (frame_ == nullptr) throw std::bad_alloc();
  frame_->format = AV_PIX_FMT_YUV420P;
  frame_->width = shape_.width;
  frame_->height = shape_.height;
  check_av(av_frame_get_buffer(frame_, 0), "no memory for a frame");
  scaler_ =
      sws_getContext(shape_.width, shape_.height, AV_PIX_FMT_RGB24, shape_.width, shape_.height,
                     AV_PIX_FMT_YUV420P, SWS_BICUBIC | SWS_ACCURATE_RND, nullptr, nullptr, nullptr);
  if (scaler_ == nullptr) throw std::runtime_error("no MP4 file of this size");
  sws_setColorspaceDetails(scaler_, sws_getCoefficients(SWS_CS_DEFAULT), 1,
                           sws_getCoefficients(SWS_CS_ITU709), 0, 0, 1 << 16, 1 << 16);
}

void Writer::take_packets() {
  while (true) {
    const int got = avcodec_receive_packet(encoder_, packet_);
    if (got == AVERROR(EAGAIN) || got == AVERROR_EOF) return;
    check_av(got, "a frame can't be encoded");
    if (packet_->duration == 0) packet_->duration = 1;
    av_packet_rescale_ts(packet_, encoder_->time_base, stream_->time_base);
    packet_->stream_index = stream_->index;
    check_av(av_interleaved_write_frame(format_, packet_), "can't be written");
  }
}

void Writer::write(const uint8_t* rgb) {
  check_av(av_frame_make_writable(frame_), "no memory for a frame");
  const uint8_t* const planes[4] = {rgb};
  const int lines[4] = {3 * shape_.width};
  sws_scale(scaler_, planes, lines, 0, shape_.height, frame_->data, frame_->linesize);
  frame_->pts = written_++;
  frame_->quality = encoder_->global_quality;
  check_av(avcodec_send_frame(encoder_, frame_), "a frame can't be encoded");
  take_packets();
}

void Writer::finish() {
  check_av(avcodec_send_frame(encoder_, nullptr), "the last frames can't be encoded");
  take_packets();
  check_av(av_write_trailer(format_), "can't be written");
  check_av(avio_closep(&format_->pb), "can't be written");
}

const char* Writer::encoder() const {
  return encoder_->codec->name;
}

}  // namespace fcclip::video::ffmpeg
