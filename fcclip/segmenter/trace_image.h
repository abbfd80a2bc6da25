#pragma once
// Every intermediate tensor of one image under the recorded reference's names, for stage-by-stage
// comparison.

#include "fcclip/io/safetensors.h"
#include "fcclip/segmenter/segmenter.h"

namespace fcclip::segmenter {

/// Runs the slow, complete path: all decoder predictions, class logits of each, classifier rows,
/// and the results at the original size ("panoptic_seg", "inst.*", "sem_seg.*", "mask_pred.first8",
/// …). rgb [H, W, 3] uint8. Memory grows with Q·H·W: meant for pictures of ordinary size.
io::NamedTensors trace_image(const Segmenter& segmenter, const at::Tensor& rgb,
                             const EncodeSize& size, const PreparedVocabulary& vocabulary,
                             const AskOptions& options);

}  // namespace fcclip::segmenter
