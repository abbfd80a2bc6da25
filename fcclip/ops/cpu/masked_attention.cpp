#include "fcclip/ops/masked_attention.h"

#include <cmath>
#include <cstring>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/core/round_up.h"
#include "fcclip/ops/cpu/attention_args.h"
#include "fcclip/ops/cpu/kernel_table.h"
#include "fcclip/ops/cpu/ops.h"
#include "fcclip/ops/cpu/unit_stride.h"

namespace fcclip::ops::cpu {
namespace {

// The kernel reads heads of whole registers and one mask for all heads.
bool block_attention_fits(const at::Tensor& q, const at::Tensor& k, int64_t heads,
                          const at::Tensor& blocked) {
  if (q.size(2) / heads % 16 != 0 || k.size(1) == 0) return false;
  return !blocked.defined() ||
         (blocked.dim() == 4 && blocked.size(1) == 1 && blocked.scalar_type() == at::kBool);
}

// n <= 64 bools, one a byte -> the bits of those that are false.
uint64_t allowed_word(const bool* blocked, int64_t n) {
  uint64_t word = 0;
  for (int64_t j = 0; j < n; j += 8) {
    uint64_t bytes = 0x0101010101010101;  // blocked, behind the last
    std::memcpy(&bytes, blocked + j, static_cast<size_t>(std::min<int64_t>(8, n - j)));
    // Gathers the lowest bit of byte i as bit i of the highest byte.
    word |= ((~bytes & 0x0101010101010101) * 0x0102040810204080 >> 56) << j;
  }
  return word;
}

// blocked [Nq, Nk] -> words [Nq, blocks]
std::vector<uint64_t> allowed_words(const at::Tensor& blocked) {
  const at::Tensor rows = blocked.contiguous();
  const int64_t queries = rows.size(0), keys = rows.size(1);
  const int64_t blocks = divide_up(keys, kKeyBlock);
  std::vector<uint64_t> words(static_cast<size_t>(queries * blocks));
  const bool* from = rows.const_data_ptr<bool>();
  at::parallel_for(0, queries, 16, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      for (int64_t b = 0; b < blocks; ++b) {
        words[i * blocks + b] = allowed_word(from + i * keys + b * kKeyBlock,
                                             std::min(kKeyBlock, keys - b * kKeyBlock));
      }
    }
  });
  return words;
}

// One image: q [Nq, C], k and v [Nk, C].
struct ImageVectors {
  at::Tensor q, k, v;
};

// words as above or none.
void attend_image(const ImageVectors& image, int64_t heads, const std::vector<uint64_t>& words,
                  const at::Tensor& out) {
  const auto& [q, k, v] = image;
  const at::Tensor queries = with_unit_stride(q), values = with_unit_stride(v);
  const at::Tensor keys = with_unit_stride(k.t());
  BlockAttention job;
  job.q = queries.const_data_ptr<float>();
  job.kt = keys.const_data_ptr<float>();
  job.v = values.const_data_ptr<float>();
  job.allowed = words.empty() ? nullptr : words.data();
  job.out = out.data_ptr<float>();
  job.q_stride = queries.stride(0);
  job.kt_stride = keys.stride(0);
  job.v_stride = values.stride(0);
  job.queries = q.size(0);
  job.keys = k.size(0);
  job.heads = heads;
  job.head_width = q.size(1) / heads;
  job.scale = static_cast<float>(1 / std::sqrt(static_cast<double>(job.head_width)));
  const auto kernel = kernels().block_attention;
  at::parallel_for(0, heads, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> scratch(static_cast<size_t>(job.scratch()));
    kernel(job, scratch.data(), begin, end);
  });
}

}  // namespace

at::Tensor masked_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                            int64_t heads, const at::Tensor& blocked) {
  if (!block_attention_fits(q, k, heads, blocked)) {
    return masked_attention_plain(q, k, v, heads, blocked);
  }
  const at::Tensor out = at::empty(q.sizes(), q.options());
  at::Tensor masks;
  if (blocked.defined()) masks = blocked.squeeze(1).expand({q.size(0), q.size(1), k.size(1)});
  for (int64_t b = 0; b < q.size(0); ++b) {
    const std::vector<uint64_t> words =
        masks.defined() ? allowed_words(masks[b]) : std::vector<uint64_t>();
    attend_image({q[b], k[b], v[b]}, heads, words, out[b]);
  }
  return out;
}

}  // namespace fcclip::ops::cpu
