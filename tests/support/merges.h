#pragma once
// CLIP's merges for tests: they belong to the open_clip_torch package and are not in this
// repository.

#include <string>

namespace fcclip::test {

/// The unpacked text of $FCCLIP_MERGES, or of the open_clip package in <source>/.venv; empty when
/// neither is there.
std::string clip_merges();

/// First statement of a test that needs them: skips, saying so, when they are not there.
#define FCCLIP_NEEDS_MERGES()                                                      \
  if (::fcclip::test::clip_merges().empty()) {                                     \
    GTEST_SKIP() << "CLIP's merges are not on this machine: set FCCLIP_MERGES to " \
                    "bpe_simple_vocab_16e6.txt.gz of the package open_clip_torch"; \
  }

}  // namespace fcclip::test
