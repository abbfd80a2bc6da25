#include "fcclip/pretrain/options.h"

#include "fcclip/core/choice.h"
#include "fcclip/core/error.h"
#include "fcclip/model/model_file.h"

namespace fcclip::pretrain {
namespace {

void require(bool condition, const std::string& what) {
  if (!condition) fail(ErrorCode::invalid_argument, what);
}

void bind_model(engine::Settings& settings, PretrainOptions& options) {
  clip::ClipConfig& clip = options.clip;
  settings.bind("model.depths", &clip.convnext.depths, "blocks of the four stages");
  settings.bind("model.dims", &clip.convnext.dims, "channels of the four stages");
  settings.bind("model.embed_dim", &clip.embed_dim, "length of an embedding");
  settings.bind("model.text_layers", &clip.text.layers, "blocks of the text transformer");
  settings.bind("model.text_width", &clip.text.width, "channels of the text transformer");
  settings.bind("model.text_heads", &clip.text.heads, "of its attention");
  settings.bind("model.context_length", &clip.text.context_length, "tokens of a text at most");
  settings.bind("model.vocabulary", &options.vocabulary,
                "byte-pair tokens at most; fewer where the texts have no more pairs");
  settings.bind("model.start", &options.start,
                "a clip.safetensors to begin with, of the same sizes and words");
  settings.bind("model.embedding_std", &options.initial.embedding_std, "of new token embeddings");
  settings.bind("model.layer_scale", &options.initial.layer_scale, "of new blocks");
  settings.bind("model.temperature", &options.initial.temperature, "at the start");
}

void bind_training(engine::Settings& settings, PretrainOptions& options) {
  settings.bind("training.batch_size", &options.batch_size, "pairs a step, over all processes");
  settings.bind("training.steps", &options.loop.schedule.total_steps, "of the whole run");
  settings.bind("training.learning_rate", &options.optimizer.learning_rate, "at batch_size");
  settings.bind("training.weight_decay", &options.optimizer.weight_decay,
                "of matrices; none on vectors and embeddings");
  settings.bind("training.muon", &options.optimizer.muon,
                "matrices take Muon's steps, the rest AdamW's");
  settings.bind("training.clip_norm", &options.optimizer.clip_norm, "of all gradients together");
  settings.bind("training.schedule", &options.schedule, "cosine, poly or steps");
  settings.bind("training.warmup_steps", &options.loop.schedule.warmup_steps,
                "steps of a rising learning rate");
  settings.bind("training.classification_weight", &options.classification_weight,
                "of the linear classification that only training has");
  settings.bind("training.loader_workers", &options.loader_workers, "threads that make batches");
  settings.bind("training.checkpoint_every", &options.loop.checkpoint_every, "steps");
  settings.bind("training.log_every", &options.loop.log_every, "steps");
  settings.bind("training.evaluate_every", &options.loop.evaluate_every,
                "steps; 0: at the end only");
  settings.bind("training.seed", &options.seed, "of weights, pairs and scenes");
  settings.bind("training.device", &options.device, "cpu, cuda or cuda:N");
  settings.bind("training.threads", &options.threads, "CPU threads; 0: all cores");
  settings.bind("training.export_dtype", &options.export_dtype, "float32, float16 or bfloat16");
}

void bind_pairs(engine::Settings& settings, PretrainOptions& options) {
  ScenePairOptions& scenes = options.scenes;
  settings.bind("pairs.list", &options.pairs, "pictures and captions: a table or JSON lines");
  settings.bind("pairs.sides", &options.sides, "pixels, multiples of 32; one a batch");
  settings.bind("pairs.side_shares", &options.side_shares, "of the batches");
  settings.bind("pairs.bad_share", &options.bad_share,
                "pictures of a list that may be unusable, and are left out, before the run stops");
  settings.bind("pairs.window_share", &options.window_share,
                "batches of windows, each segment pooled inside its mask, at first");
  settings.bind("pairs.window_share_end", &options.window_share_end,
                "and at the end; both 0: image-level supervision only");
  settings.bind("pairs.window_sides", &options.window_sides, "as sides, of windows");
  settings.bind("pairs.window_side_shares", &options.window_side_shares, "of the window batches");
  settings.bind(
      "pairs.window_zoom", &scenes.window_zoom,
      "octaves by which windows are enlarged: 0.58 where scenes will be seen at 1.5 times");
  settings.bind("pairs.ramp", &scenes.ramp, "share of the run in which pictures grow harder");
  settings.bind("pairs.group", &scenes.group, "pairs drawn together, names without repetition");
  settings.bind("pairs.crops_per_scene", &scenes.crops_per_scene, "at most");
  settings.bind("pairs.stuff_share", &scenes.stuff_share, "pairs about a region");
  settings.bind("pairs.most_context", &scenes.most_context, "a crop's side in its subject's");
  settings.bind("pairs.min_area_px", &scenes.min_area_px, "of a subject, visible in its scene");
  settings.bind("pairs.least_cover", &scenes.least_cover, "of a crop, by its subject");
  settings.bind("pairs.most_clutter", &scenes.most_clutter,
                "the largest other thing in a crop, in areas of its subject");
  settings.bind("pairs.second_share", &scenes.second_share, "captions that name two");
  settings.bind("pairs.easy_share", &scenes.easy_share, "scenes with a single thing, at first");
  settings.bind("pairs.easy_share_end", &scenes.easy_share_end, "and after the ramp");
  settings.bind("pairs.synonym_share", &scenes.captions.synonym_share,
                "captions with a synonym for the name");
  settings.bind("pairs.own_share", &scenes.captions.own_share, "captions of the picture itself");
  settings.bind("world.file", &options.world, "or the pack that make world writes");
  settings.bind("world.min_pictures", &options.min_pictures, "of a concept; 1: all concepts");
  settings.bind("world.scene_side", &options.scene_side, "pixels");
}

void check_sides(const std::string& name, const std::vector<int64_t>& sides,
                 const std::vector<double>& shares) {
  require(!sides.empty() && sides.size() == shares.size(),
          name + " and its shares must be as many, at least one");
  for (const int64_t side : sides) {
    require(side > 0 && side % 32 == 0, name + " must be multiples of 32");
  }
  for (const double share : shares) require(share >= 0, name + ": no share may be negative");
}

}  // namespace

PretrainOptions::PretrainOptions() {
  clip.convnext = {{2, 2, 6, 2}, {40, 80, 160, 320}, 1e-6, clip::HeadKind::linear, 320};
  clip.text = {32, 4096, 256, 4, 3, false};
  clip.embed_dim = 256;
  clip.image_size = 128;
  optimizer.learning_rate = 1e-3;
  optimizer.weight_decay = 0.05;
  optimizer.beta2 = 0.98;
  optimizer.clip_norm = 1;
  loop.schedule.total_steps = 4000;
  loop.schedule.warmup_steps = 100;
  loop.schedule.warmup_share = 0.01;
  loop.checkpoint_every = 200;
  scenes.captions.templates = classify::default_templates();
}

engine::Settings bind_settings(PretrainOptions& options) {
  engine::Settings settings;
  bind_model(settings, options);
  bind_training(settings, options);
  bind_pairs(settings, options);
  EvaluationOptions& evaluation = options.evaluation;
  settings.bind("evaluation.scenes", &evaluation.scenes, "of known and held-out pictures each");
  settings.bind("evaluation.scene_side", &evaluation.scene_side, "pixels");
  settings.bind("evaluation.templates", &evaluation.templates, "while training; at the end all");
  return settings;
}

void finish(PretrainOptions& options) {
  require(options.batch_size >= 2, "training.batch_size must be at least 2");
  require(options.loop.schedule.total_steps >= 1, "training.steps must be at least 1");
  require(options.loader_workers >= 0, "training.loader_workers must be at least 0");
  require(options.bad_share >= 0 && options.bad_share <= 1, "pairs.bad_share must be from 0 to 1");
  check_sides("pairs.sides", options.sides, options.side_shares);
  check_sides("pairs.window_sides", options.window_sides, options.window_side_shares);
  for (const double share : {options.window_share, options.window_share_end}) {
    require(share >= 0 && share <= 1,
            "pairs.window_share and pairs.window_share_end must be from 0 to 1");
  }
  require(options.vocabulary >= 514, "model.vocabulary must be at least 514: the bytes alone");
  choose(options.export_dtype, "training.export_dtype", model::weight_dtypes());
  require(options.seed >= 0, "training.seed must be at least 0");
  require(options.threads >= 0 && options.threads <= 1024, "training.threads must be in [0, 1024]");
  options.initial.seed = options.scenes.seed = static_cast<uint64_t>(options.seed);
  options.loop.schedule.kind = engine::parse_schedule_kind(options.schedule, "training.schedule");
}

}  // namespace fcclip::pretrain
