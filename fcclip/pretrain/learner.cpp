#include "fcclip/pretrain/learner.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>

#include "fcclip/core/check.h"
#include "fcclip/engine/stored_tensor.h"
#include "fcclip/ops/implementations.h"

namespace fcclip::pretrain {
namespace {

constexpr const char* kPrefix = "backbone.clip_model.";
constexpr const char* kPictureBias = "visual.trunk.head.norm.bias";
constexpr const char* kPictureProjection = "visual.head.proj.weight";
constexpr const char* kTextBias = "ln_final.bias";
constexpr const char* kTextProjection = "text_projection";
constexpr const char* kLogitScale = "logit_scale";
constexpr double kMostScale = 100;
constexpr int64_t kTextsTogether = 32;

double fan_in(const nn::Weight& row) {
  // text_projection is stored [in, out]; everything else has its outputs first.
  if (row.name.ends_with(kTextProjection)) return static_cast<double>(row.shape[0]);
  double product = 1;
  for (size_t i = 1; i < row.shape.size(); ++i) product *= static_cast<double>(row.shape[i]);
  return product;
}

at::Tensor initial_value(const nn::Weight& row, const InitialWeights& initial,
                         at::Generator& random) {
  const auto is = [&](std::string_view ending) { return row.name.ends_with(ending); };
  if (is(kLogitScale)) return at::scalar_tensor(std::log(1 / initial.temperature), at::kFloat);
  if (is(".gamma")) return at::full(row.shape, initial.layer_scale);
  if (row.role == nn::WeightRole::norm)
    return is("bias") ? at::zeros(row.shape) : at::ones(row.shape);
  if (is("token_embedding.weight")) {
    return at::normal(0, initial.embedding_std, row.shape, random);
  }
  if (is("positional_embedding"))
    return at::normal(0, 0.1 * initial.embedding_std, row.shape, random);
  if (row.shape.size() < 2) return at::zeros(row.shape);
  const double bound = 1 / std::sqrt(fan_in(row));
  return at::empty(row.shape).uniform_(-bound, bound, random);
}

void check_config(const clip::ClipConfig& config) {
  if (config.tower != clip::TowerKind::convnext || config.convnext.head != clip::HeadKind::linear) {
    fail(ErrorCode::unsupported,
         "pretraining needs a ConvNeXt with a linear head: only there the normalisation over the "
         "batch folds into the published layout");
  }
}

nn::WeightRole training_role(const nn::Weight& row) {
  const bool is_vector = row.shape.size() < 2;
  const bool is_position = row.name.ends_with("positional_embedding");
  return is_vector || is_position ? nn::WeightRole::norm : row.role;
}

}  // namespace

Learner::Learner(const clip::ClipConfig& config, int64_t classes, const InitialWeights& initial,
                 at::Device device)
    : picture_norm(config.convnext.dims.back(), config.embed_dim),
      text_norm(config.text.width, config.embed_dim),
      clip_((check_config(config), config)) {
  nn::WeightTable classifier;
  classifier.add("pretrain.classifier.weight", classifier_weight_, {classes, config.embed_dim});
  classifier.add("pretrain.classifier.bias", classifier_bias_, {classes});
  at::Generator random = at::make_generator<at::CPUGeneratorImpl>(initial.seed);
  for (const nn::WeightTable* table :
       std::initializer_list<const nn::WeightTable*>{&clip_.weights(), &classifier}) {
    for (const nn::Weight& row : table->rows()) {
      *row.member = initial_value(row, initial, random).to(device);
      weights_.push_back({row.name, row.member, row.shape, training_role(row)});
      weight_pointers_.push_back(&weights_.back());
    }
  }
  picture_norm.to(device);
  text_norm.to(device);
}

at::Tensor& Learner::member(const std::string& name) const {
  return *clip_.weights().find(kPrefix + name)->member;
}

Projected Learner::embed_pictures(const at::Tensor& pixels, const Regions& regions) const {
  const clip::ImageTower& tower = *clip_.image_tower;
  const at::Tensor map = tower.forward_plain(pixels).dense.flatten(1, 2);  // [P, h·w, C]
  at::Tensor pooled;
  if (regions.cells.defined()) {
    check_shape("cells", regions.cells, {kAny, map.size(1)});
    const at::Tensor maps = map.index_select(0, regions.picture);
    pooled = regions.cells.unsqueeze(1).bmm(maps).squeeze(1);
  } else {
    pooled = map.mean(1);
  }
  const at::Tensor normed = tower.visual_head().norm(pooled);
  return {tower.visual_head().project(normed), normed.detach().mean(0)};
}

Projected Learner::embed_texts(const at::Tensor& tokens) const {
  check_shape("tokens", tokens, {kAny, kAny});
  // Texts of like lengths go through the tower together: most of a batch's positions would be
  // padding otherwise.
  const int64_t together =
      ops::prefers_few_large_steps(tokens.device()) ? tokens.size(0) : kTextsTogether;
  const at::Tensor lengths = tokens.argmax(1) + 1;
  const at::Tensor order = lengths.argsort(/*stable=*/true, 0, /*descending=*/false);
  const at::Tensor sorted = tokens.index_select(0, order),
                   lengths_sorted = lengths.index_select(0, order);
  std::vector<at::Tensor> embeddings, inputs;
  for (int64_t first = 0; first < tokens.size(0); first += together) {
    const int64_t count = std::min(together, tokens.size(0) - first);
    const int64_t length = lengths_sorted[first + count - 1].item<int64_t>();
    const at::Tensor part = sorted.narrow(0, first, count).narrow(1, 0, length).contiguous();
    const at::Tensor states = clip_.text_tower.end_states(part);
    embeddings.push_back(clip_.text_tower.embed(states));
    inputs.push_back(states.detach());
  }
  return {at::cat(embeddings).index_select(0, order.argsort()), at::cat(inputs).mean(0)};
}

at::Tensor as_share(const at::Tensor& weight, int64_t parts) {
  if (parts == 1) return weight;
  const at::Tensor part = weight / parts;
  return part + (weight - part).detach();
}

at::Tensor Learner::classify(const at::Tensor& embeddings, int64_t processes) const {
  return at::linear(embeddings, as_share(classifier_weight_, processes),
                    as_share(classifier_bias_, processes));
}

at::Tensor& Learner::logit_scale() const {
  return member(kLogitScale);
}

void Learner::clamp_logit_scale() {
  const at::NoGradGuard no_grad;
  logit_scale().clamp_(c10::nullopt, std::log(kMostScale));
}

at::Tensor Learner::final_pictures(const at::Tensor& embeddings) const {
  return picture_norm.apply(embeddings, member(kPictureProjection));
}

at::Tensor Learner::final_texts(const at::Tensor& embeddings) const {
  return text_norm.apply(embeddings, member(kTextProjection).t());
}

std::shared_ptr<model::Clip> Learner::plain_clip(const std::string& merges,
                                                 at::Device device) const {
  const at::NoGradGuard no_grad;
  auto plain = std::make_shared<model::Clip>(clip_.config);
  EmbeddingNorm pictures = picture_norm, texts = text_norm;
  pictures.to(device);
  texts.to(device);
  plain->pixels = clip_.pixels;
  plain->provenance = clip_.provenance;
  for (const nn::Weight& row : plain->weights().rows()) {
    at::Tensor value = clip_.weights().find(row.name)->member->detach().to(device).clone();
    const std::string name = row.name.substr(std::string_view(kPrefix).size());
    if (name == kPictureBias) value.sub_(pictures.input_mean);
    if (name == kPictureProjection) value.div_(pictures.deviation().unsqueeze(1));
    if (name == kTextBias) value.sub_(texts.input_mean);
    if (name == kTextProjection) value.div_(texts.deviation());
    *row.member = value;
  }
  plain->tokenizer = model::make_tokenizer(merges, plain->config.text);
  plain->prepare();
  return plain;
}

void Learner::save(std::map<std::string, at::Tensor>& tensors) const {
  tensors["pretrain.picture_norm.input_mean"] = picture_norm.input_mean;
  tensors["pretrain.picture_norm.variance"] = picture_norm.variance;
  tensors["pretrain.text_norm.input_mean"] = text_norm.input_mean;
  tensors["pretrain.text_norm.variance"] = text_norm.variance;
  tensors["pretrain.batches"] = at::scalar_tensor(picture_norm.batches, at::kLong);
}

void Learner::load(const std::map<std::string, at::Tensor>& tensors) {
  const auto restore = [&](const std::string& name, at::Tensor& target) {
    target = engine::stored_tensor(tensors, name, target.sizes()).to(target.device());
  };
  restore("pretrain.picture_norm.input_mean", picture_norm.input_mean);
  restore("pretrain.picture_norm.variance", picture_norm.variance);
  restore("pretrain.text_norm.input_mean", text_norm.input_mean);
  restore("pretrain.text_norm.variance", text_norm.variance);
  at::Tensor batches = at::scalar_tensor(0, at::kLong);
  restore("pretrain.batches", batches);
  picture_norm.batches = text_norm.batches = batches.item<int64_t>();
}

}  // namespace fcclip::pretrain
