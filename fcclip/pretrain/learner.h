#pragma once
// The two towers as pretraining sees them, and the plain CLIP that comes out.

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/clip/visual_head.h"
#include "fcclip/model/clip.h"
#include "fcclip/pretrain/embedding_norm.h"

namespace fcclip::pretrain {

/// What a run begins with.
struct InitialWeights {
  uint64_t seed = 0;
  double embedding_std = 1;   ///< of the token embeddings
  double layer_scale = 0.5;   ///< gamma of every ConvNeXt block
  double temperature = 0.07;  ///< the logit scale starts at its inverse
};

/// `weight` itself, whose gradient counts one `parts`-th. Any shape.
at::Tensor as_share(const at::Tensor& weight, int64_t parts);

/// An embedding and what its projection was made from.
struct Projected {
  at::Tensor embeddings;  ///< [N, D]
  at::Tensor input_mean;  ///< [C], no gradient
};

/// Which cells of which pictures an embedding is the mean of.
struct Regions {
  at::Tensor cells;    ///< [N, h·w] weights that sum to 1 per row; undefined: whole pictures
  at::Tensor picture;  ///< [N] int64 rows of the pictures
};

/// Both towers while they learn.
class Learner {
 public:
  /// classes: outputs of the training-only linear layer on picture embeddings. The first weights
  /// are the same on every device. Throws Error{unsupported} unless the tower is a ConvNeXt with a
  /// linear head.
  Learner(const clip::ClipConfig& config, int64_t classes, const InitialWeights& initial,
          at::Device device = at::kCPU);

  /// What training changes, under the published names and "pretrain.classifier.*". Vectors and the
  /// logit scale have roles without weight decay.
  const std::vector<const nn::Weight*>& weights() const { return weight_pointers_; }
  const model::Clip& clip() const { return clip_; }

  /// pixels [P, H, W, 3] normalised; without regions every picture's plain mean. Differentiable.
  /// Throws Error{shape_mismatch}.
  Projected embed_pictures(const at::Tensor& pixels, const Regions& regions = {}) const;
  /// tokens [N, L] int64, zeros behind the end token. Differentiable.
  Projected embed_texts(const at::Tensor& tokens) const;
  /// Normalised embeddings [N, D] -> [N, classes]. `processes` compute this same product from the
  /// whole batch: each counts its gradient to the weights as one of so many shares.
  at::Tensor classify(const at::Tensor& embeddings, int64_t processes = 1) const;
  at::Tensor& logit_scale() const;
  /// Keeps the logit scale at 100 or below.
  void clamp_logit_scale();

  EmbeddingNorm picture_norm, text_norm;

  /// Embeddings as inference will give them, by the running averages. [N, D] -> [N, D].
  at::Tensor final_pictures(const at::Tensor& embeddings) const;
  /// [N, D] -> [N, D].
  at::Tensor final_texts(const at::Tensor& embeddings) const;
  /// A copy with the norms folded in: a plain CLIP of the published layout, on a device, ready to
  /// run.
  std::shared_ptr<model::Clip> plain_clip(const std::string& merges,
                                          at::Device device = at::kCPU) const;

  /// Running averages, for checkpoints.
  void save(std::map<std::string, at::Tensor>& tensors) const;
  void load(const std::map<std::string, at::Tensor>& tensors);

 private:
  at::Tensor& member(const std::string& name) const;

  model::Clip clip_;
  at::Tensor classifier_weight_, classifier_bias_;
  std::deque<nn::Weight> weights_;
  std::vector<const nn::Weight*> weight_pointers_;
};

}  // namespace fcclip::pretrain
