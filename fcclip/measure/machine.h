#pragma once
// What this machine does with a model: every step of a question timed.

#include <filesystem>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/core/progress.h"
#include "fcclip/core/size.h"
#include "fcclip/ops/products.h"

namespace fcclip::measure {

/// What is measured, and how long.
struct Plan {
  std::filesystem::path model;
  std::string device = "cpu";  ///< of the network
  int64_t threads = 0;         ///< at most; 0: as many as the process may use
  ops::Products products = ops::Products::float32;
  at::Tensor rgb;               ///< [H, W, 3] uint8; undefined: made_up_picture()
  bool quick = false;           ///< fewer sizes and words
  double seconds_per_step = 1;  ///< repeats end when these are over, from the third on
  Progress progress = {};       ///< counts steps
};

/// One step, repeated.
struct Step {
  std::string step;  ///< "load", "decode", "encode", "words", "ask", "results", "write"
  std::string what;  ///< "640x864", "150 words"
  int64_t threads = 1;
  double flop = 0;                   ///< of one repeat; 0: not counted
  std::vector<double> seconds = {};  ///< of each repeat, in their order
  std::vector<double> cpu_seconds =
      {};  ///< the same of all threads: other programs disturb them less

  double median() const;
  double least() const;
  /// 0 where it was not measured.
  double median_cpu() const;
};

/// The multiply-add peak of so many threads (ops/peak.h).
struct Peak {
  int64_t threads = 1;
  double flop_per_second = 0;
};

struct Measured {
  Size picture;
  std::vector<Peak> peaks;  ///< of one thread, and of all where there are more
  std::vector<Step> steps;

  /// The step's share of the peak of its threads; 0 where operations are not counted or that peak
  /// was not measured.
  double share_of_peak(const Step& step) const;
};

/// Opens the model and times its steps: reading it, decoding a picture, the network at several
/// sizes with one thread and with all, encoding words, questions of 1 to all built-in words, the
/// three kinds of results, the files. Rows of words are made up, near embeddings that the picture
/// has: what a question costs does not depend on what its words mean. Leaves the number of threads
/// as it was. Throws as Segmenter::load and encode do; Error{interrupted}.
Measured measure_machine(const Plan& plan);

/// 640×480: shapes on a gradient with some noise, the same each time.
at::Tensor made_up_picture();

}  // namespace fcclip::measure
