#pragma once
// From the stored forms of truth to maps.

#include <map>
#include <string>
#include <vector>

#include "fcclip/data/dataset_split.h"

namespace fcclip::data {

/// Pixels of each value, 0 included. ids [h, w] int32.
std::map<int64_t, int64_t> areas_of_ids(const at::Tensor& ids);

/// Ids that no segment has become 0. [h, w] int32.
at::Tensor only_listed(const at::Tensor& ids, const std::vector<TruthSegment>& segments);

/// Class indices; −1 outside all segments. [h, w] int32.
at::Tensor labels_of_truth(const at::Tensor& ids, const std::vector<TruthSegment>& segments);

/// What the values of a label map stand for.
struct LabelMeaning {
  LabelCoding coding = LabelCoding::contiguous;
  int64_t ignore_label = 255;
};
/// Stored values -> positions in the vocabulary, −1 for what is not labelled. Throws
/// Error{bad_format} naming `file` for a value without meaning. stored [h, w] int32 -> [h, w]
/// int32.
at::Tensor decode_labels(const at::Tensor& stored, const LabelMeaning& meaning,
                         const classify::Vocabulary& vocabulary, const std::string& file);

/// The pixels of a mask of a CocoIndex. Throws Error{bad_format} beginning with `where`.
results::Rle decode_segmentation(const CocoSegmentation& segmentation, Size size,
                                 const std::string& where);
/// The box around a mask: x, y, width, height.
std::array<double, 4> box_of_mask(const results::Rle& mask);

/// Instances into a sample's id map, larger ones first, so that smaller ones stay visible; the
/// masks of those that others cover are kept beside it. Instances without a pixel are left out.
void paint_instances(const std::vector<InstanceTruth>& instances, Size size, Sample& sample);
/// One segment a class. labels [h, w] int32.
void paint_labels(const at::Tensor& labels, Sample& sample);

}  // namespace fcclip::data
