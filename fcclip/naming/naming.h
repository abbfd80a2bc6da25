#pragma once
// The two places where the heads of FC-CLIP's successors differ from it: what embeds a mask, and
// which text rows a picture is asked with. Chosen when a model is made; nobody else asks which.

#include <memory>
#include <optional>

#include "fcclip/core/trace.h"
#include "fcclip/naming/mask_adapter.h"
#include "fcclip/naming/picture_rows.h"

namespace fcclip::naming {

/// What a picture keeps for its naming beside FC-CLIP's embeddings; nothing of FC-CLIP's own head.
struct PictureNaming {
  std::shared_ptr<const AdaptedPicture> adapted;  ///< null: masks are embedded by pooling
  std::optional<SeenPicture> seen;                ///< none: text rows are the words' own

  /// Bytes of memory that it holds.
  int64_t bytes() const;
};

/// The same in memory of its own (ops/own_memory.h), to be kept for long.
PictureNaming in_own_memory(const PictureNaming& naming);

/// What a model has beside FC-CLIP's head.
class Naming {
 public:
  /// No weights yet. Throws Error{invalid_argument} as validate().
  Naming(const NamingConfig& config, const clip::ClipConfig& clip);
  Naming(const Naming&) = delete;
  Naming& operator=(const Naming&) = delete;

  /// Weights under the published names ("mask_adapter. …", "cdt.cross_atten. …").
  const nn::WeightTable& weights() const { return table_; }
  void prepare(const ops::Packing& packing);
  bool is_plain() const { return !adapter_ && !rows_; }
  const std::optional<MaskAdapter>& adapter() const { return adapter_; }

  /// The part that is done once a picture. `head` is used where this is not plain alone.
  ///   dense  [h, w, C]
  PictureNaming look(const at::Tensor& dense, int64_t queries, const clip::VisualHead& head,
                     const Trace& trace) const;

  /// Text rows of a question for this picture.
  ///   rows     [T, D], the void row last, unit length
  ///   returns  [T, D]; the same rows where they do not depend on the picture
  at::Tensor text_rows(const at::Tensor& rows, const PictureNaming& picture,
                       const Trace& trace = {}) const;

 private:
  std::optional<MaskAdapter> adapter_;
  std::optional<PictureRows> rows_;
  nn::WeightTable table_;
};

}  // namespace fcclip::naming
