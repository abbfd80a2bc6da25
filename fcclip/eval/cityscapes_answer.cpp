#include "fcclip/eval/cityscapes_answer.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/core/error.h"
#include "fcclip/eval/cityscapes_files.h"
#include "fcclip/eval/cityscapes_instances.h"
#include "fcclip/image/image_file.h"
#include "fcclip/image/label_file.h"

namespace fcclip::eval {
namespace {

namespace fs = std::filesystem;

constexpr const char* kEnding = "_gtFine_instanceIds.png";

// Class indices -> label ids.
at::Tensor label_ids_of(const at::Tensor& labels, const std::vector<int>& label_of_class) {
  const at::Tensor table = at::tensor(at::ArrayRef<int>(label_of_class), at::kInt);
  // Pixels without an answer are unlabeled: 0.
  return at::where(labels.lt(0), 0, table.take(labels.clamp_min(0).to(at::kLong)));
}

Size size_of(const CityscapesTruth& truth) {
  return {truth.instance_ids.size(0), truth.instance_ids.size(1)};
}

}  // namespace

CityscapesTruthFolder::CityscapesTruthFolder(const fs::path& folder,
                                             const classify::Vocabulary& vocabulary)
    : folder_(folder), files_(data::index_folder({folder}, {kEnding}, "")) {
  for (const classify::VocabularyClass& one : vocabulary.classes) {
    if (one.id < 0 || one.id >= kCityscapesLabels) {
      fail(ErrorCode::invalid_argument, "vocabulary ", vocabulary.name, ": id ", one.id, " of '",
           one.synonyms.front(), "' is no label id of Cityscapes (0 … 33)");
    }
    label_of_class_.push_back(static_cast<int>(one.id));
  }
}

CityscapesTruth CityscapesTruthFolder::read(const std::string& picture, bool with_labels) const {
  const auto found = files_.find(picture);
  if (found == files_.end()) {
    fail(ErrorCode::not_found, folder_.string(), ": no ", picture, kEnding, " in it");
  }
  CityscapesTruth truth;
  truth.file = found->second.string();
  truth.instance_ids = image::read_label_map(found->second);
  truth.label_of_class = label_of_class_;
  if (with_labels) {
    truth.label_ids =
        image::read_label_map(found->second.parent_path() / (picture + "_gtFine_labelIds.png"));
  }
  return truth;
}

void score_cityscapes_answer(PictureScores& scores, const CityscapesTruth& truth,
                             const PictureAnswer& answer) {
  if (answer.instances) {
    CityscapesInstances instances(truth.instance_ids, truth.file);
    for (const results::Segment& one : answer.instances->segments) {
      instances.add(truth.label_of_class.at(one.class_index), one.score,
                    results::Rle{size_of(truth), one.rle_counts});
    }
    instances.score(scores.cityscapes_ap);
  }
  if (answer.labels.defined() && truth.label_ids.defined()) {
    scores.cityscapes_iou.add(truth.label_ids, truth.instance_ids,
                              label_ids_of(answer.labels, truth.label_of_class),
                              {"label ids beside " + truth.file, truth.file, "the answer"});
  }
}

void write_cityscapes_files(const PictureAnswer& answer, const CityscapesTruth& truth,
                            const std::string& picture, const fs::path& folder) {
  if (answer.labels.defined()) {
    image::write_png(folder / "cityscapes_semantic" / (picture + "_pred.png"),
                     label_ids_of(answer.labels, truth.label_of_class).to(at::kByte));
  }
  if (!answer.instances) return;
  const std::vector<results::Segment>& segments = answer.instances->segments;
  const fs::path place = folder / "cityscapes_instances";
  std::vector<CityscapesPrediction> lines;
  for (const results::Segment& one : segments) {
    const int label = truth.label_of_class.at(one.class_index);
    lines.push_back(
        {picture + "_" + std::to_string(lines.size()) + "_" + std::to_string(label) + ".png", label,
         one.score});
  }
  at::parallel_for(0, std::ssize(segments), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const at::Tensor mask = results::to_mask({size_of(truth), segments[i].rle_counts});
      image::write_png(place / lines[i].mask, mask * 255);
    }
  });
  write_cityscapes_predictions(place / (picture + "_pred.txt"), lines);
}

}  // namespace fcclip::eval
