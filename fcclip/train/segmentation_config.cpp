#include "fcclip/train/segmentation_config.h"

#include <cmath>

#include "fcclip/core/error.h"
#include "fcclip/model/published.h"

namespace fcclip::train {
namespace {

void bind_model(engine::Settings& s, ModelSettings& m) {
  s.bind("model.clip", &m.clip, "CLIP's weights; the mask generator begins anew");
  s.bind("model.init", &m.init, "or a whole model file to go on from");
  s.bind("model.name", &m.name, "written into the model file");
  s.bind("model.conv_dim", &m.conv_dim, "pixel decoder's channels");
  s.bind("model.mask_dim", &m.mask_dim, "channels of mask features");
  s.bind("model.encoder_layers", &m.encoder_layers, "deformable attention layers");
  s.bind("model.encoder_ffn", &m.encoder_ffn, "hidden channels of their MLPs");
  s.bind("model.points", &m.points, "sampling points a head and level");
  s.bind("model.hidden_dim", &m.hidden_dim, "mask decoder's channels");
  s.bind("model.decoder_layers", &m.decoder_layers, "masked attention layers, in threes");
  s.bind("model.decoder_ffn", &m.decoder_ffn, "hidden channels of their MLPs");
  s.bind("model.queries", &m.queries, "masks a picture");
  s.bind("model.heads", &m.heads, "attention heads");
  s.bind("model.norm_groups", &m.norm_groups, "groups of GroupNorm");
  s.bind("model.short_side", &m.short_side, "pictures' shorter side at inference");
  s.bind("model.max_side", &m.max_side, "and the most of the longer one");
  s.bind("model.alpha", &m.alpha, "share of CLIP's answer for seen classes");
  s.bind("model.beta", &m.beta, "and for unseen ones");
  s.bind("model.object_mask_threshold", &m.object_mask_threshold, "least score of a segment");
  s.bind("model.overlap_threshold", &m.overlap_threshold, "least visible share of a segment");
  s.bind("model.freeze_clip", &m.freeze_clip, "false trains CLIP's trunk too: for comparison only");
  s.bind("model.trunk_rate_factor", &m.trunk_rate_factor, "on its learning rate then");
}

void bind_data(engine::Settings& s, DataSettings& d, const std::string& section) {
  const auto key = [&](const char* name) { return section + "." + name; };
  s.bind(key("kind"), &d.kind, "panoptic, instance, semantic, world; empty: none");
  s.bind(key("images"), &d.images, "folder of pictures");
  s.bind(key("panoptic_json"), &d.panoptic_json, "kind panoptic: COCO panoptic annotations");
  s.bind(key("panoptic_pngs"), &d.panoptic_pngs, "and their PNGs");
  s.bind(key("instances_json"), &d.instances_json, "kind instance: COCO instances");
  s.bind(key("labels"), &d.labels, "kind semantic: folder of label PNGs");
  s.bind(key("ignore_label"), &d.ignore_label, "value that means not labelled");
  s.bind(key("vocabulary"), &d.vocabulary, "built-in name or file; empty: the data set's own");
  s.bind(key("world"), &d.world, "kind world: the pack that make world writes");
  s.bind(key("scene_size"), &d.scene_size, "side of its scenes");
  s.bind(key("min_pictures"), &d.min_pictures, "concepts with fewer pictures are left out");
}

void bind_run(engine::Settings& s, SegmentationConfig& c) {
  RunSettings& r = c.run;
  s.bind("run.batch", &r.batch, "pictures a step, over all processes");
  s.bind("run.accumulate", &r.accumulate, "parts of a process's share");
  s.bind("run.precision", &r.precision, "auto, float32, bfloat16, float16");
  s.bind("run.ema_decay", &r.ema_decay, "0: no average of the weights is kept");
  s.bind("run.seed", &r.seed, "of everything random");
  s.bind("run.device", &r.device, "cpu, cuda or cuda:N");
  s.bind("run.threads", &r.threads, "CPU threads; 0: all cores");
  s.bind("run.export_dtype", &r.export_dtype,
         "of the model's weights: float32, float16 or bfloat16");
  s.bind("run.checkpoint_every", &c.loop.checkpoint_every, "steps");
  s.bind("run.log_every", &c.loop.log_every, "steps");
  s.bind("run.evaluate_every", &c.loop.evaluate_every, "steps; 0: never");
  s.bind("run.evaluate_pictures", &r.evaluate_pictures, "pictures of the evaluation data");
  s.bind("run.picture_every", &c.loop.picture_every, "steps between pictures of predictions");
}

void bind_optimizer(engine::Settings& s, SegmentationConfig& c) {
  s.bind("optimizer.learning_rate", &c.optimizer.learning_rate, "for the reference batch");
  s.bind("optimizer.scale_learning_rate", &c.run.scale_learning_rate,
         "times batch / reference_batch");
  s.bind("optimizer.reference_batch", &c.run.reference_batch, "batch the rate is meant for");
  s.bind("optimizer.weight_decay", &c.optimizer.weight_decay, "none on norms and embeddings");
  s.bind("optimizer.beta1", &c.optimizer.beta1, "AdamW");
  s.bind("optimizer.beta2", &c.optimizer.beta2, "AdamW");
  s.bind("optimizer.muon", &c.optimizer.muon,
         "matrices take engine::Muon's steps, the rest engine::AdamW's");
  s.bind("optimizer.clip_norm", &c.optimizer.clip_norm, "of all gradients together");
  engine::ScheduleOptions& t = c.loop.schedule;
  s.bind("schedule.kind", &c.schedule, "steps, poly, cosine");
  s.bind("schedule.steps", &t.total_steps, "length of the run");
  s.bind("schedule.warmup_steps", &t.warmup_steps, "linear, from warmup_share");
  s.bind("schedule.warmup_share", &t.warmup_share, "of the rate at step 0");
  s.bind("schedule.milestones", &t.milestones, "shares of the run");
  s.bind("schedule.gamma", &t.gamma, "factor at each milestone");
  s.bind("schedule.power", &t.power, "of kind poly");
  s.bind("schedule.final_share", &t.final_share, "of the rate at the end of kind cosine");
}

void bind_loss(engine::Settings& s, LossOptions& l) {
  s.bind("loss.class_weight", &l.weights.classes, "cross entropy");
  s.bind("loss.mask_weight", &l.weights.mask, "binary cross entropy at points");
  s.bind("loss.dice_weight", &l.weights.dice, "dice at points");
  s.bind("loss.void_weight", &l.void_weight, "of queries that answer for nothing");
  s.bind("loss.points", &l.points.points, "a mask");
  s.bind("loss.oversample_ratio", &l.points.oversample_ratio, "candidates a point");
  s.bind("loss.importance_ratio", &l.points.importance_ratio, "share of the least sure ones");
}

void need(bool right, const char* setting, const char* what) {
  if (!right) fail(ErrorCode::invalid_argument, setting, " ", what);
}

}  // namespace

void bind(engine::Settings& s, SegmentationConfig& c) {
  bind_model(s, c.model);
  bind_data(s, c.data, "data");
  s.bind("data.keep_empty", &c.data.keep_empty, "segments outside the crop are targets too");
  s.bind("data.few_words_share", &c.data.few_words_share,
         "steps asked with the words of their pictures and a random part of the others");
  s.bind("data.bad_share", &c.data.bad_share,
         "pictures that may be unusable, and are left out, before the run stops");
  s.bind("data.workers", &c.data.workers, "loader threads");
  s.bind("data.ahead", &c.data.ahead, "batches made ahead");
  bind_data(s, c.evaluation, "evaluation");
  s.bind("augment.crop_size", &c.augment.crop_size, "side of the square the network sees");
  s.bind("augment.min_scale", &c.augment.min_scale, "large-scale jitter");
  s.bind("augment.max_scale", &c.augment.max_scale, "large-scale jitter");
  s.bind("augment.flip", &c.augment.flip, "left and right");
  bind_run(s, c);
  bind_optimizer(s, c);
  bind_loss(s, c.loss);
}

void finish(SegmentationConfig& c) {
  c.loop.schedule.kind = engine::parse_schedule_kind(c.schedule, "schedule.kind");
  need(c.model.clip.empty() != c.model.init.empty(), "model.clip or model.init",
       "must name the weights to begin with (one of the two)");
  need(c.run.batch >= 1, "run.batch", "must be at least 1");
  need(c.run.reference_batch >= 1, "optimizer.reference_batch", "must be at least 1");
  need(c.run.evaluate_pictures >= 1, "run.evaluate_pictures", "must be at least 1");
  need(c.run.threads >= 0 && c.run.threads <= 1024, "run.threads", "must be in [0, 1024]");
  const std::string& dtype = c.run.export_dtype;
  need(dtype == "float32" || dtype == "float16" || dtype == "bfloat16", "run.export_dtype",
       "must be float32, float16 or bfloat16");
  need(c.data.workers >= 0, "data.workers", "must be at least 0");
  need(c.data.ahead >= 1, "data.ahead", "must be at least 1");
  need(c.data.bad_share >= 0 && c.data.bad_share <= 1, "data.bad_share", "must be in [0, 1]");
  need(c.optimizer.learning_rate >= 0 && std::isfinite(c.optimizer.learning_rate),
       "optimizer.learning_rate", "must be a number from 0");
  need(c.run.accumulate >= 1, "run.accumulate", "must be at least 1");
  need(c.loop.schedule.total_steps >= 1, "schedule.steps", "must be at least 1");
  need(c.augment.crop_size >= 32 && c.augment.crop_size % 32 == 0, "augment.crop_size",
       "must be a multiple of 32");
  need(c.augment.min_scale > 0 && c.augment.max_scale >= c.augment.min_scale,
       "augment.min_scale and max_scale", "must be positive and in this order");
  need(c.model.decoder_layers >= 1 && c.model.queries >= 1, "model.decoder_layers and queries",
       "must be at least 1");
  need(c.loss.points.points >= 1, "loss.points", "must be at least 1");
  need(c.run.ema_decay >= 0 && c.run.ema_decay < 1, "run.ema_decay", "must be in [0, 1)");
}

double learning_rate(const SegmentationConfig& config) {
  const double rate = config.optimizer.learning_rate;
  if (!config.run.scale_learning_rate) return rate;
  return rate * static_cast<double>(config.run.batch) / config.run.reference_batch;
}

model::Config model_config(const ModelSettings& s, const clip::ClipConfig& clip,
                           const model::PixelConfig& pixels) {
  model::Config config;
  config.name = s.name;
  config.clip = clip;
  config.pixels = pixels;
  config.pixels.short_side = s.short_side;
  config.pixels.max_side = s.max_side;
  head::PixelDecoderConfig& pixel = config.pixel_decoder;
  pixel.in_channels = clip.feature_channels();
  pixel.conv_dim = s.conv_dim;
  pixel.mask_dim = s.mask_dim;
  pixel.encoder_layers = s.encoder_layers;
  pixel.heads = s.heads;
  pixel.points = s.points;
  pixel.ffn_dim = s.encoder_ffn;
  pixel.norm_groups = s.norm_groups;
  head::MaskDecoderConfig& mask = config.mask_decoder;
  mask.in_dim = s.conv_dim;
  mask.hidden_dim = s.hidden_dim;
  mask.mask_dim = s.mask_dim;
  mask.embed_dim = clip.embed_dim;
  mask.layers = s.decoder_layers;
  mask.heads = s.heads;
  mask.ffn_dim = s.decoder_ffn;
  mask.queries = s.queries;
  model::apply_published_settings(config);
  config.ensemble.alpha = s.alpha;
  config.ensemble.beta = s.beta;
  config.panoptic.object_mask_threshold = s.object_mask_threshold;
  config.panoptic.overlap_threshold = s.overlap_threshold;
  return config;
}

}  // namespace fcclip::train
