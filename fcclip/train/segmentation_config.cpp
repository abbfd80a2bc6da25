#include "fcclip/train/segmentation_config.h"

#include <algorithm>
#include <cmath>

#include "fcclip/core/choice.h"
#include "fcclip/core/error.h"
#include "fcclip/eval/flat_scores.h"
#include "fcclip/model/model_file.h"
#include "fcclip/model/published.h"

namespace fcclip::train {
namespace {

void need(bool right, std::string_view setting, const char* what) {
  if (!right) fail(ErrorCode::invalid_argument, setting, " ", what);
}

void finish_augment(SegmentationConfig& c) {
  AugmentOptions& a = c.augment;
  ShortEdgeOptions& e = a.short_edge;
  a.mapper =
      choose<Mapper>(c.mapper, "augment.mapper",
                     {{"lsj", Mapper::large_scale_jitter}, {"short_edge", Mapper::short_edge}});
  e.sampling =
      choose<SideSampling>(c.short_sides, "augment.short_side_sampling",
                           {{"choice", SideSampling::choice}, {"range", SideSampling::range}});
  e.crop = choose<CropKind>(c.crop, "augment.crop",
                            {{"none", CropKind::none},
                             {"absolute", CropKind::absolute},
                             {"absolute_range", CropKind::absolute_range},
                             {"relative", CropKind::relative},
                             {"relative_range", CropKind::relative_range}});
  need(a.crop_size >= 32 && a.crop_size % 32 == 0, "augment.crop_size", "must be a multiple of 32");
  need(a.min_scale > 0 && a.max_scale >= a.min_scale, "augment.min_scale and max_scale",
       "must be positive and in this order");
  const bool are_sides = !e.sides.empty() && std::ranges::all_of(e.sides, [&](int64_t side) {
    return side >= 1 && side <= e.max_side;
  });
  need(are_sides && e.max_side <= 65536, "augment.short_sides",
       "must be whole numbers from 1 to augment.max_side, which is 65536 at most");
  need(e.sampling == SideSampling::choice || (e.sides.size() == 2 && e.sides[0] <= e.sides[1]),
       "augment.short_sides",
       "must be two numbers in order where short_side_sampling is \"range\"");
  const bool is_share = e.crop == CropKind::relative || e.crop == CropKind::relative_range;
  const bool is_crop =
      e.crop_size.size() == 2 && std::ranges::all_of(e.crop_size, [&](double size) {
        return size > 0 && (is_share ? size <= 1 : e.crop == CropKind::none || size >= 1);
      });
  need(is_crop, "augment.crop_shape",
       "must be two numbers: pixels, or shares up to 1 where crop is relative");
  need(e.crop != CropKind::absolute_range || e.crop_size[0] <= e.crop_size[1], "augment.crop_shape",
       "must be in order where crop is \"absolute_range\"");
  need(e.crop_max_share > 0 && e.crop_max_share <= 1, "augment.crop_max_share",
       "must be in (0, 1]");
  need(e.pad_to >= 0 && e.pad_to <= 65536, "augment.pad_to", "must be in [0, 65536]");
}

void finish_sets(const SegmentationConfig& c) {
  const std::vector<DataSettings> sets = data_sets(c);
  for (size_t i = 0; i < sets.size(); ++i) {
    const DataSettings& set = sets[i];
    const std::string section = c.sets.empty() ? "data" : "data.sets." + std::to_string(i);
    need(set.sampler == "shuffled" || set.sampler == "repeat_factor", section + ".sampler",
         "must be shuffled or repeat_factor");
    need(set.repeat_threshold >= 0 && set.repeat_threshold <= 1, section + ".repeat_threshold",
         "must be in [0, 1]");
    need(set.weight >= 0 && std::isfinite(set.weight), section + ".weight",
         "must be a number from 0");
    // Beside the other's number of pictures a weight of 1 is as good as nothing.
    need((set.weight > 0) == (sets.front().weight > 0), section + ".weight",
         "must be above 0 in all sets of a list, or in none (then each counts by its pictures)");
  }
}

}  // namespace

ListedSet::ListedSet() {
  for (std::string* path :
       {&images, &panoptic_json, &panoptic_pngs, &instances_json, &labels, &vocabulary}) {
    path->clear();
  }
}

std::vector<DataSettings> data_sets(const SegmentationConfig& config) {
  if (config.sets.empty()) return {config.data};
  return {config.sets.begin(), config.sets.end()};
}

void finish(SegmentationConfig& c) {
  finish_augment(c);
  finish_sets(c);
  c.optimizer.kind = engine::parse_optimizer_kind(c.optimizer_kind, "optimizer.kind");
  c.optimizer.clip = engine::parse_clip_kind(c.clip, "optimizer.clip");
  need(c.optimizer.kind == engine::OptimizerKind::adamw || !c.optimizer.muon, "optimizer.muon",
       "goes with optimizer.kind \"adamw\" alone");
  need(c.optimizer.momentum >= 0 && c.optimizer.momentum < 1, "optimizer.momentum",
       "must be in [0, 1)");
  need(c.loop.kept.newest >= 1, "run.keep_last", "must be at least 1");
  need(c.loop.kept.every >= 0, "run.keep_every", "must be at least 0");
  need(eval::parse_expectations(c.run.expect).empty() ||
           (!c.evaluation.kind.empty() && c.loop.evaluate_every > 0),
       "run.expect", "needs evaluation.kind and run.evaluate_every");
  need(c.evaluation.name.empty() || !c.evaluation.kind.empty() || c.loop.evaluate_every == 0,
       "evaluation.kind",
       "must be panoptic, instance or semantic where evaluation.name names a data set");
  c.loop.schedule.kind = engine::parse_schedule_kind(c.schedule, "schedule.kind");
  need(c.model.clip.empty() != c.model.init.empty(), "model.clip or model.init",
       "must name the weights to begin with (one of the two)");
  need(c.run.batch >= 1, "run.batch", "must be at least 1");
  need(c.run.reference_batch >= 1, "optimizer.reference_batch", "must be at least 1");
  need(c.run.evaluate_pictures >= 0, "run.evaluate_pictures", "must be at least 0");
  need(c.run.threads >= 0 && c.run.threads <= 1024, "run.threads", "must be in [0, 1024]");
  choose(c.run.export_dtype, "run.export_dtype", model::weight_dtypes());
  need(c.data.workers >= 0, "data.workers", "must be at least 0");
  need(c.data.ahead >= 1, "data.ahead", "must be at least 1");
  need(c.data.bad_share >= 0 && c.data.bad_share <= 1, "data.bad_share", "must be in [0, 1]");
  need(c.optimizer.learning_rate >= 0 && std::isfinite(c.optimizer.learning_rate),
       "optimizer.learning_rate", "must be a number from 0");
  need(c.run.accumulate >= 1, "run.accumulate", "must be at least 1");
  need(c.loop.schedule.total_steps >= 1, "schedule.steps", "must be at least 1");
  need(c.model.decoder_layers >= 1 && c.model.queries >= 1, "model.decoder_layers and queries",
       "must be at least 1");
  need(c.loss.points.points >= 1, "loss.points", "must be at least 1");
  need(c.model.trunk_drop_path >= 0 && c.model.trunk_drop_path < 1, "model.trunk_drop_path",
       "must be in [0, 1)");
  need(c.model.clip_trust >= 0 && c.model.clip_trust <= 1, "model.clip_trust", "must be in [0, 1]");
  need(c.loss.out_weight >= 0 && (c.loss.out_weight == 0 || !c.model.freeze_clip),
       "loss.out_weight", "must be at least 0, and 0 unless model.freeze_clip is false");
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
  config.ensemble.clip_trust = s.clip_trust;
  config.panoptic.object_mask_threshold = s.object_mask_threshold;
  config.panoptic.overlap_threshold = s.overlap_threshold;
  return config;
}

}  // namespace fcclip::train
