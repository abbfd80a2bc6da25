#pragma once
// The public face: load a model, encode an image once, ask it any vocabulary any number of times.

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fcclip/classify/text_classifier.h"
#include "fcclip/classify/vocabulary.h"
#include "fcclip/core/log.h"
#include "fcclip/core/progress.h"
#include "fcclip/core/trace.h"
#include "fcclip/model/config.h"
#include "fcclip/naming/naming.h"
#include "fcclip/ops/device_graph.h"
#include "fcclip/ops/products.h"
#include "fcclip/ops/stream_fork.h"
#include "fcclip/ops/tf32_scope.h"
#include "fcclip/ops/upload.h"
#include "fcclip/results/results.h"
#include "fcclip/segmenter/preprocess.h"

namespace fcclip::model {
struct Model;
}

namespace fcclip::ops {
class GraphedWork;
}

namespace fcclip::segmenter {

struct NetworkResult;

/// Where and how a model runs.
struct SegmenterOptions {
  std::string device = "cpu";  ///< "cpu", "cuda", "cuda:1"
  bool use_text_cache = true;
  std::filesystem::path cache_folder;  ///< empty: classify::default_cache_folder()
  int64_t cache_bytes = 0;             ///< of the cache at most; 0: no bound
  /// Of the network's large products, as the device has them.
  ops::Products products = ops::Products::float32;
  LogCallback log;  ///< told what went wrong without harm: a full cache disk
  /// Rows that come with the model; load() looks beside its file where this is empty. Not read
  /// without use_text_cache; one that can't be used is told to the log and done without.
  std::filesystem::path rows_file = {};
  /// What records the network's launches, a graph a size (ops/graphed_work.h); load() takes the device's own where this is
  /// empty. The model's weights must then stay where they are.
  ops::RecordGraph record_graph = {};
};

/// How large the network sees a picture. 0: the model's own setting.
struct EncodeSize {
  int64_t short_side = 0, max_side = 0;
};

/// What one run of the network leaves, on the model's device: enough for any number of questions.
struct EncodedImage {
  Size original, resized, padded;
  at::Tensor mask_logits;  ///< [Q, H/4, W/4]
  at::Tensor class_embed;  ///< [Q, D] in-vocabulary
  at::Tensor clip_embed;   ///< [Q, D] out-of-vocabulary: of CLIP's features pooled in the mask
  at::Tensor valid;        ///< [Q] bool: the mask has a positive position on CLIP's map
  /// [layers + 1, Q, D] class_embed of every decoder layer; where the run was traced, else
  /// undefined.
  at::Tensor class_embed_by_layer;
  naming::PictureNaming naming = {};  ///< what another head than FC-CLIP's keeps

  /// Returns when the device has made it. Throws what LibTorch throws of the device meanwhile.
  void wait() const;
};

/// A vocabulary made ready: classifier rows and which classes were seen in training.
struct PreparedVocabulary {
  classify::Vocabulary vocabulary;
  classify::TextClassifier classifier;
  std::vector<bool> seen;
  double seconds = 0;  ///< of reading the words; classifier says how many came from the cache
};

/// What programs leave out of instances where nobody says: every pair of a mask and a class is ranked, and most of what
/// scores less are second names of masks that have a better one.
inline constexpr double kUsualInstanceScore = 0.3;

/// What counts as an answer.
struct AskOptions {
  results::Task task = results::Task::panoptic;
  classify::EnsembleOptions ensemble;  ///< start from Segmenter::ask_defaults()
  results::PanopticOptions panoptic;
  results::InstanceOptions instances;
  int64_t next_best = 3;          ///< alternatives named per segment
  double min_score = 0;           ///< segments below are left out, as background classes are
  double min_instance_score = 0;  ///< the same for instances alone, where it is the higher one
  Progress progress = {};         ///< counts parts of the picture; perhaps from another thread
  int64_t best_words = 0;  ///< how many words of the whole picture are named beside the segments
};

/// What will be made of class scores: of masks that can be in none of it, an embedding that costs
/// much (Mask-Adapter's) is not made.
struct WantedAnswers {
  classify::EnsembleOptions ensemble;
  bool panoptic = false, instances = false, semantic = true;  ///< semantic: every mask counts
  int64_t top_k = 100;                                        ///< of instances
  std::vector<bool> only = {};  ///< of masks: those that can be in the answer; empty: see above
};

/// Where "what is this?" is asked, in pixels of the original picture.
struct Place {
  std::vector<std::array<double, 2>> points_xy_px;        ///< all inside the mask
  std::optional<std::array<double, 4>> box_xywh_px = {};  ///< the mask's box is near this one
};

/// A model ready for questions. Const calls may come from several threads at once.
class Segmenter {
 public:
  /// Throws as load_model does; Error{unsupported} when the device is not there.
  static Segmenter load(const std::filesystem::path& model, const SegmenterOptions& options = {});
  Segmenter(std::shared_ptr<model::Model> model, const SegmenterOptions& options);

  /// rgb [H, W, 3] uint8, at least 1×1, on the host or, sent ahead, on the model's device. One run of
  /// the network. `progress` is asked between its blocks; Error{interrupted} when it says stop.
  EncodedImage encode(const at::Tensor& rgb, const EncodeSize& size = {}, const Trace& trace = {},
                      const Progress& progress = {}) const;

  /// A picture [H, W, 3] sent to the model's device ahead of its turn, from any thread: its encode() then waits
  /// for no copy. The same picture where the model is on the processor.
  ops::Upload send(const at::Tensor& rgb) const;

  /// How many threads, each with a picture of its own in a branch of fork(), keep the model's device busy; 1 where that is
  /// the processor.
  int64_t threads_that_fill() const;
  /// Where such threads' work begins: behind what the calling thread has put into the model's device.
  ops::StreamFork fork() const;

  /// Text features of the vocabulary (from the cache where it has them; one that can't be used is
  /// told to the log, once, and done without). `progress` counts distinct words.
  PreparedVocabulary prepare(const classify::Vocabulary& vocabulary, const Progress& progress = {},
                             const std::vector<std::string>& templates = {}) const;

  /// The words as another segmenter of the same file prepared them, on this one's device.
  PreparedVocabulary take_over(const PreparedVocabulary& prepared) const;

  /// Names the encoded masks with these words: milliseconds, no run of the network.
  results::Segmentation ask(const EncodedImage& image, const PreparedVocabulary& vocabulary,
                            const AskOptions& options, const Trace& trace = {}) const;

  /// The masks of all queries at a place, each with its best name, best first: by the name's
  /// probability times the mask's mean sigmoid, times the overlap of the boxes where a box was
  /// given. Masks that are nearly one (IoU above 0.85) count once; options.instances.top_k at most.
  /// Throws Error{invalid_argument} for a place outside the picture or none.
  results::Segmentation at(const EncodedImage& image, const PreparedVocabulary& vocabulary,
                           const Place& place, const AskOptions& options) const;

  /// The first half of ask: class scores of every mask, a batch of one.
  classify::Classification name_masks(const EncodedImage& image,
                                      const PreparedVocabulary& vocabulary,
                                      const classify::EnsembleOptions& options) const;
  /// The same as far as the answers that are wanted need it.
  classify::Classification name_masks(const EncodedImage& image,
                                      const PreparedVocabulary& vocabulary,
                                      const WantedAnswers& wanted) const;

  /// As encode, but with these masks in place of the network's: CLIP's features are pooled in them;
  /// the in-vocabulary embedding is that of the query whose mask overlaps most.
  ///   masks  [S, H, W] bool, at the picture's size, S ≥ 1
  EncodedImage encode_with_masks(const at::Tensor& rgb, const at::Tensor& masks,
                                 const EncodeSize& size = {}, const Progress& progress = {}) const;

  /// The same with the network's own masks behind those given: [S + Q].
  EncodedImage encode_beside_masks(const at::Tensor& rgb, const at::Tensor& masks,
                                   const EncodeSize& size = {},
                                   const Progress& progress = {}) const;

  /// Several pictures, each [H, W, 3] uint8. Neighbours that the network sees at one size run
  /// together, `batch` (1 or more) at most: GPUs gain by it. `progress` counts over all of them.
  std::vector<EncodedImage> encode_each(std::span<const at::Tensor> pictures,
                                        const EncodeSize& size, int64_t batch,
                                        const Progress& progress = {}) const;

  AskOptions ask_defaults() const;
  const model::Config& config() const;
  ops::Products products() const { return options_.products; }
  const SegmenterOptions& options() const { return options_; }
  /// Where its weights are.
  at::Device device() const;
  /// While it lives a GPU makes this thread's products as this model wants them: open already in whatever here runs any. Two
  /// models of other kinds wait for one another.
  ops::Tf32Scope tf32_scope() const;
  /// What rows of this model depend on, with the model's own templates.
  classify::RowsOrigin rows_origin() const;
  const model::Model& model() const { return *model_; }

 private:
  NetworkInput seen(const at::Tensor& rgb, const EncodeSize& size) const;
  int64_t parts() const;  ///< of one run of the network, as progress counts them
  /// Masks in place of the network's, or before them.
  struct GivenMasks {
    at::Tensor masks = {};
    bool keep_own = false;
  };
  EncodedImage run_given(const at::Tensor& rgb, const GivenMasks& given, const EncodeSize& size,
                         const Progress& progress) const;
  std::vector<EncodedImage> run(std::span<const NetworkInput> inputs, const GivenMasks& given,
                                const Trace& trace, const Tick& tick) const;
  std::optional<NetworkResult> replayed(const at::Tensor& pixels, const Tick& tick) const;
  NetworkResult run_stages(const at::Tensor& pixels, const GivenMasks& given,
                           std::vector<EncodedImage>& images, const Trace& trace,
                           const Tick& tick) const;

  struct TextStore;
  const classify::TextCache* text_cache() const;
  std::shared_ptr<const classify::RowsFile> given_rows(const std::string& fingerprint) const;

  std::shared_ptr<model::Model> model_;
  SegmenterOptions options_;
  std::shared_ptr<TextStore> text_store_;     ///< shared by copies: the model's fingerprint, once
  std::shared_ptr<ops::GraphedWork> graphs_;  ///< shared by copies; null where nothing is recorded
};

}  // namespace fcclip::segmenter
