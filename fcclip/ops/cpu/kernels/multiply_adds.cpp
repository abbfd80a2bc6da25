// Multiply-adds in registers alone: what the processor could do if nothing had to be fetched.

#include "fcclip/ops/cpu/kernel_table.h"
#include "fcclip/ops/cpu/kernels/vec.h"

namespace fcclip::ops::FCCLIP_ISA {
namespace {

// Two units with a latency of four or five cycles need ten sums that do not wait for each other;
// with the two factors they fit the sixteen registers of AVX2.
constexpr int64_t kSums = 12;

int64_t multiply_adds(int64_t rounds, float* numbers) {
  const Vec factor = Vec::all(numbers[0]), addend = Vec::all(numbers[1]);
  Vec sums[kSums];
  for (int64_t i = 0; i < kSums; ++i) sums[i] = Vec::all(numbers[2 + i % 2]);
  for (int64_t round = 0; round < rounds; ++round) {
    for (int64_t i = 0; i < kSums; ++i) sums[i] = fma(sums[i], factor, addend);
  }
  Vec all = sums[0];
  for (int64_t i = 1; i < kSums; ++i) all = all + sums[i];
  all.store(numbers + 4);
  return 2 * kSums * Vec::kWidth * rounds;
}

}  // namespace

void fill_multiply_adds(KernelTable& table) {
  table.multiply_adds = multiply_adds;
}

}  // namespace fcclip::ops::FCCLIP_ISA
