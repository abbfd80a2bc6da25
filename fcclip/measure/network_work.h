#pragma once
// How much arithmetic one run of the network is.

#include "fcclip/core/size.h"
#include "fcclip/model/config.h"

namespace fcclip::measure {

/// Operations of matrix products and convolutions (a multiply-add counts two) for one picture that
/// the network sees at this size, a multiple of 32: trunk, pixel decoder, mask decoder. Norms,
/// softmax, sampling and the pooling of CLIP's features, a few percent, are not counted; nor are the
/// maps of Mask-Adapter and MAFT+.
double network_flop(const model::Config& config, Size padded);

}  // namespace fcclip::measure
