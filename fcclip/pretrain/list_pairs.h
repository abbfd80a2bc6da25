#pragma once
// Pairs from a list of picture files with captions.

#include "fcclip/pretrain/pairs.h"
#include "fcclip/pretrain/picture_list.h"

namespace fcclip::pretrain {

/// How pictures of a list are cropped.
struct ListPairOptions {
  uint64_t seed = 0;
  double least_area = 0.5;  ///< share of the picture that a crop shows at least
  double ramp = 0.4;        ///< share of the run in which pictures grow harder
  double bad_share = 0.05;  ///< of the pictures that may be unusable (engine/bad_pictures.h)
};

/// Every picture once before any comes again, in an order of its own each time; a caption is named
/// by all names of its picture.
class ListPairs final : public PairSource {
 public:
  ListPairs(std::vector<ListedPicture> pictures, const ListPairOptions& options,
            int64_t batch_size);
  std::vector<Pair> draw(const PairRequest& request) const override;
  const std::vector<std::string>& names() const override { return names_; }
  int64_t classes() const override { return std::ssize(names_); }
  std::vector<std::string> texts() const override;
  int64_t pictures() const override { return std::ssize(pictures_); }
  double bad_share() const override { return options_.bad_share; }

 private:
  /// Picture `number`, or what stands for it.
  Pair draw_one(const PairRequest& request, int64_t number) const;
  void fill_pair(const PairRequest& request, int64_t number, const at::Tensor& rgb,
                 Pair& pair) const;

  std::vector<ListedPicture> pictures_;
  std::vector<std::vector<int64_t>> present_;
  std::vector<std::string> names_;
  ListPairOptions options_;
  int64_t batch_size_;
};

}  // namespace fcclip::pretrain
