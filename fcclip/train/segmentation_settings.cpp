// The TOML names of a training's settings.

#include "fcclip/train/segmentation_config.h"

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
  s.bind("model.trunk_drop_path", &m.trunk_drop_path, "stochastic depth of a trained trunk");
  s.bind("model.checkpoint_activations", &m.checkpoint_activations,
         "layers keep their inputs alone and run again in the backward pass: less memory");
  s.bind("model.clip_trust", &m.clip_trust, "COAT's w: how much CLIP lowers the share of none");
}

void bind_data(engine::Settings& s, DataSettings& d, const std::string& section) {
  const auto key = [&](const char* name) { return section + "." + name; };
  s.bind(key("name"), &d.name, "published data set, whose files and words are taken: ade20k_150 …");
  s.bind(key("root"), &d.root, "where those lie; empty: $FCCLIP_DATASETS or ./datasets");
  s.bind(key("kind"), &d.kind, "panoptic, instance, semantic, world; empty: none");
  s.bind(key("images"), &d.images, "folder of pictures");
  s.bind(key("panoptic_json"), &d.panoptic_json, "kind panoptic: COCO panoptic annotations");
  s.bind(key("panoptic_pngs"), &d.panoptic_pngs, "and their PNGs");
  s.bind(key("instances_json"), &d.instances_json, "kind instance: COCO instances");
  s.bind(key("labels"), &d.labels, "kind semantic: folder of label PNGs");
  s.bind(key("ignore_label"), &d.ignore_label, "value that means not labelled");
  s.bind(key("picture_suffix"), &d.picture_suffix, "ending of picture files; empty: any");
  s.bind(key("panoptic_suffix"), &d.panoptic_suffix, "of panoptic PNGs behind the picture's name");
  s.bind(key("label_suffix"), &d.label_suffix, "of label files; empty: .png and .tif");
  s.bind(key("vocabulary"), &d.vocabulary, "built-in name or file; empty: the data set's own");
  s.bind(key("world"), &d.world, "kind world: the pack that make world writes");
  s.bind(key("scene_size"), &d.scene_size, "side of its scenes");
  s.bind(key("min_pictures"), &d.min_pictures, "concepts with fewer pictures are left out");
}

void bind_sampling(engine::Settings& s, DataSettings& d, const std::string& section) {
  s.bind(section + ".sampler", &d.sampler, "shuffled, or repeat_factor: rare classes more often");
  s.bind(section + ".repeat_threshold", &d.repeat_threshold,
         "share of pictures below which a class is repeated");
  s.bind(section + ".repeat_root", &d.repeat_root, "the square root of the factor, as published");
}

void bind_set(engine::Settings& s, const std::string& prefix, ListedSet& d) {
  const std::string section = prefix.substr(0, prefix.size() - 1);
  bind_data(s, d, section);
  bind_sampling(s, d, section);
  s.bind(prefix + "weight", &d.weight, "share of the pictures; 0: as many as it has");
}

void bind_augment(engine::Settings& s, SegmentationConfig& c) {
  AugmentOptions& a = c.augment;
  ShortEdgeOptions& e = a.short_edge;
  s.bind("augment.mapper", &c.mapper, "lsj (large-scale jitter) or short_edge");
  s.bind("augment.crop_size", &a.crop_size, "lsj: side of the square the network sees");
  s.bind("augment.min_scale", &a.min_scale, "lsj");
  s.bind("augment.max_scale", &a.max_scale, "lsj");
  s.bind("augment.flip", &a.flip, "left and right");
  s.bind("augment.short_sides", &e.sides, "short_edge: sizes of the shorter side");
  s.bind("augment.short_side_sampling", &c.short_sides, "choice of one, or range between two");
  s.bind("augment.max_side", &e.max_side, "short_edge: most of the longer side");
  s.bind("augment.crop", &c.crop,
         "short_edge: none, absolute, absolute_range, relative, relative_range");
  s.bind("augment.crop_shape", &e.crop_size, "its height and width, or least and most of both");
  s.bind("augment.crop_max_share", &e.crop_max_share, "most of a class in it; 1: any");
  s.bind("augment.colours", &e.colours, "short_edge: SSD's colour jitter");
  s.bind("augment.pad_to", &e.pad_to, "short_edge: square side; 0: the largest of the batch");
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
  s.bind("run.keep_last", &c.loop.kept.newest, "checkpoints");
  s.bind("run.keep_every", &c.loop.kept.every,
         "steps: so often one is written that stays; 0: never");
  s.bind("run.log_every", &c.loop.log_every, "steps");
  s.bind("run.evaluate_every", &c.loop.evaluate_every, "steps; 0: never");
  s.bind("run.evaluate_pictures", &r.evaluate_pictures, "pictures of the evaluation data; 0: all");
  s.bind("run.expect", &r.expect, "figures of the last evaluation, PQ>=20,mIoU>=30; or status 1");
  s.bind("run.picture_every", &c.loop.picture_every, "steps between pictures of predictions");
}

void bind_optimizer(engine::Settings& s, SegmentationConfig& c) {
  s.bind("optimizer.kind", &c.optimizer_kind, "adamw or sgd");
  s.bind("optimizer.learning_rate", &c.optimizer.learning_rate, "for the reference batch");
  s.bind("optimizer.scale_learning_rate", &c.run.scale_learning_rate,
         "times batch / reference_batch");
  s.bind("optimizer.reference_batch", &c.run.reference_batch, "batch the rate is meant for");
  s.bind("optimizer.weight_decay", &c.optimizer.weight_decay, "none on norms and embeddings");
  s.bind("optimizer.beta1", &c.optimizer.beta1, "AdamW");
  s.bind("optimizer.beta2", &c.optimizer.beta2, "AdamW");
  s.bind("optimizer.muon", &c.optimizer.muon,
         "matrices take engine::Muon's steps, the rest engine::AdamW's");
  s.bind("optimizer.momentum", &c.optimizer.momentum, "SGD");
  s.bind("optimizer.clip", &c.clip, "the norm of all gradients, of each, or every value");
  s.bind("optimizer.clip_norm", &c.optimizer.clip_norm, "most of it; 0: no clipping");
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
  s.bind("loss.out_weight", &l.out_weight, "CLIP's own answer (COAT: 0.1); needs a trained trunk");
  s.bind("loss.points", &l.points.points, "a mask");
  s.bind("loss.oversample_ratio", &l.points.oversample_ratio, "candidates a point");
  s.bind("loss.importance_ratio", &l.points.importance_ratio, "share of the least sure ones");
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
  bind_sampling(s, c.data, "data");
  s.bind_tables("data.sets", std::make_shared<engine::TablesOf<ListedSet>>(&c.sets, bind_set),
                "several data sets in place of this one, each with a weight");
  bind_data(s, c.evaluation, "evaluation");
  bind_augment(s, c);
  bind_run(s, c);
  bind_optimizer(s, c);
  bind_loss(s, c.loss);
}

}  // namespace fcclip::train
