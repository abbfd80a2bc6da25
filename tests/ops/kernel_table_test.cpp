#include "fcclip/ops/cpu/kernel_table.h"

#include <gtest/gtest.h>

namespace fcclip::ops {
namespace {

TEST(KernelTable, EachAvailableInstructionSetHasItsOwnTable) {
  for (const Isa isa : available_isas()) EXPECT_EQ(kernels(isa).isa, isa);
}

TEST(KernelTable, TheDefaultIsTheChosenInstructionSet) {
  EXPECT_EQ(kernels().isa, chosen_isa());
}

}  // namespace
}  // namespace fcclip::ops
