// One head at a time: each block of 64 keys and values is packed into the first-level cache, meets
// the queries that may look at it, six at a time, and is folded into their running softmax.

#include "fcclip/ops/cpu/attention_args.h"
#include "fcclip/ops/cpu/kernel_table.h"
#include "fcclip/ops/cpu/kernels/vec.h"

namespace fcclip::ops::FCCLIP_ISA {
namespace {

// 6 queries × 2 registers are 12 sums: enough to hide the latency of a multiply-add, few enough for
// 16 registers.
constexpr int64_t kQueries = 6;
constexpr int64_t kPair = 2 * Vec::kWidth;
constexpr float kBlocked = -1e30f;
constexpr float kBlockedBelow = -1e29f;

// s where the bit of its lane is set, kBlocked elsewhere
Vec keep_allowed(Vec s, uint64_t bits) {
#if defined(__AVX512F__)
  return {_mm512_mask_mov_ps(_mm512_set1_ps(kBlocked), static_cast<__mmask16>(bits), s.v)};
#elif defined(__AVX2__)
  const __m256i lanes = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
  const __m256i set = _mm256_and_si256(_mm256_set1_epi32(static_cast<int>(bits & 255)), lanes);
  const __m256 allowed = _mm256_castsi256_ps(_mm256_cmpeq_epi32(set, lanes));
  return {_mm256_blendv_ps(_mm256_set1_ps(kBlocked), s.v, allowed)};
#else
  for (int64_t i = 0; i < Vec::kWidth; ++i) {
    if ((bits >> i & 1) == 0) s.v[i] = kBlocked;
  }
  return s;
#endif
}

struct Head {
  float *q, *sums, *largest, *total;  // [queries, width], the same, [queries] twice
  float *keys, *values;               // [width, 64], [64, width]
  float* scores;                      // [6, 64]
  int64_t width;
};

Head place(const BlockAttention& job, float* scratch) {
  Head head;
  head.width = job.head_width;
  head.q = scratch;
  head.sums = head.q + job.queries * head.width;
  head.keys = head.sums + job.queries * head.width;
  head.values = head.keys + kKeyBlock * head.width;
  head.scores = head.values + kKeyBlock * head.width;
  head.largest = head.scores + kQueries * kKeyBlock;
  head.total = head.largest + job.queries;
  return head;
}

void start(const BlockAttention& job, int64_t channel, Head& head) {
  for (int64_t i = 0; i < job.queries; ++i) {
    const float* from = job.q + i * job.q_stride + channel;
    for (int64_t c = 0; c < head.width; ++c) {
      head.q[i * head.width + c] = job.scale * from[c];
      head.sums[i * head.width + c] = 0;
    }
    head.largest[i] = kBlocked;
    head.total[i] = 0;
  }
}

// Keys and values of one block; zeros behind the last.
void pack(const BlockAttention& job, int64_t channel, int64_t first, Head& head) {
  const int64_t n = job.keys - first < kKeyBlock ? job.keys - first : kKeyBlock;
  for (int64_t c = 0; c < head.width; ++c) {
    const float* from = job.kt + (channel + c) * job.kt_stride + first;
    float* to = head.keys + c * kKeyBlock;
    for (int64_t j = 0; j < n; ++j) to[j] = from[j];
    for (int64_t j = n; j < kKeyBlock; ++j) to[j] = 0;
  }
  for (int64_t j = 0; j < kKeyBlock; ++j) {
    const float* from = job.v + (first + j) * job.v_stride + channel;
    float* to = head.values + j * head.width;
    for (int64_t c = 0; c < head.width; ++c) to[c] = j < n ? from[c] : 0;
  }
}

void score(const Head& head, const int32_t* queries) {
  const float* q[kQueries];
  for (int64_t i = 0; i < kQueries; ++i) q[i] = head.q + queries[i] * head.width;
  for (int64_t j = 0; j < kKeyBlock; j += kPair) {
    Vec sums[kQueries][2];
    for (auto& sum : sums) sum[0] = sum[1] = Vec::zero();
    for (int64_t c = 0; c < head.width; ++c) {
      const Vec k0 = Vec::load(head.keys + c * kKeyBlock + j);
      const Vec k1 = Vec::load(head.keys + c * kKeyBlock + j + Vec::kWidth);
      for (int64_t i = 0; i < kQueries; ++i) {
        const Vec x = Vec::all(q[i][c]);
        sums[i][0] = fma(x, k0, sums[i][0]);
        sums[i][1] = fma(x, k1, sums[i][1]);
      }
    }
    for (int64_t i = 0; i < kQueries; ++i) {
      sums[i][0].store(head.scores + i * kKeyBlock + j);
      sums[i][1].store(head.scores + i * kKeyBlock + j + Vec::kWidth);
    }
  }
}

float largest_lane(Vec x) {
  float lanes[Vec::kWidth];
  x.store(lanes);
  float largest = lanes[0];
  for (int64_t i = 1; i < Vec::kWidth; ++i) largest = lanes[i] > largest ? lanes[i] : largest;
  return largest;
}

// scores -> weights relative to the largest score so far; returns what the earlier sums must be
// multiplied with.
float weigh(float* scores, uint64_t allowed, float* largest, float* total) {
  Vec top = Vec::all(kBlocked);
  for (int64_t j = 0; j < kKeyBlock; j += Vec::kWidth) {
    Vec s = Vec::load(scores + j);
    if (allowed != ~uint64_t{0}) {
      s = keep_allowed(s, allowed >> j);
      s.store(scores + j);
    }
    top = max(top, s);
  }
  const float before = *largest, block = largest_lane(top);
  const float now = block > before ? block : before;
  Vec sum = Vec::zero();
  for (int64_t j = 0; j < kKeyBlock; j += Vec::kWidth) {
    const Vec s = Vec::load(scores + j);
    const Vec e = where_less(s, Vec::all(kBlockedBelow), Vec::zero(), exp(s - Vec::all(now)));
    e.store(scores + j);
    sum = sum + e;
  }
  float factor = 1;
  if (now > before) {
    float lanes[Vec::kWidth];
    exp(Vec::all(before - now)).store(lanes);
    factor = lanes[0];
  }
  *largest = now;
  *total = *total * factor + sum.sum();
  return factor;
}

// Adds the weighted values to `n` queries' sums, kVectors registers of channels at a time.
template <int64_t kVectors>
void mix(const Head& head, const int32_t* queries, int64_t n, const float* factors,
         int64_t channel) {
  Vec sums[kQueries][kVectors];
  for (int64_t i = 0; i < kQueries; ++i) {
    const float* from = head.sums + queries[i] * head.width + channel;
    for (int64_t k = 0; k < kVectors; ++k) {
      sums[i][k] = Vec::load(from + k * Vec::kWidth) * Vec::all(factors[i]);
    }
  }
  for (int64_t j = 0; j < kKeyBlock; ++j) {
    Vec v[kVectors];
    for (int64_t k = 0; k < kVectors; ++k) {
      v[k] = Vec::load(head.values + j * head.width + channel + k * Vec::kWidth);
    }
    for (int64_t i = 0; i < kQueries; ++i) {
      const Vec weight = Vec::all(head.scores[i * kKeyBlock + j]);
      for (int64_t k = 0; k < kVectors; ++k) sums[i][k] = fma(weight, v[k], sums[i][k]);
    }
  }
  for (int64_t i = 0; i < n; ++i) {
    float* to = head.sums + queries[i] * head.width + channel;
    for (int64_t k = 0; k < kVectors; ++k) sums[i][k].store(to + k * Vec::kWidth);
  }
}

// n of the six queries are real, the rest repeat the first and are thrown away.
void attend(const Head& head, const int32_t* queries, const uint64_t* allowed, int64_t n) {
  score(head, queries);
  float factors[kQueries] = {};
  for (int64_t i = 0; i < n; ++i) {
    factors[i] = weigh(head.scores + i * kKeyBlock, allowed[i], head.largest + queries[i],
                       head.total + queries[i]);
  }
  int64_t c = 0;
  for (; c + kPair <= head.width; c += kPair) mix<2>(head, queries, n, factors, c);
  for (; c < head.width; c += Vec::kWidth) mix<1>(head, queries, n, factors, c);
}

void attend_block(const BlockAttention& job, int64_t channel, int64_t block, Head& head) {
  const int64_t left = job.keys - block * kKeyBlock;
  const uint64_t real = left >= kKeyBlock ? ~uint64_t{0} : (uint64_t{1} << left) - 1;
  int32_t queries[kQueries];
  uint64_t allowed[kQueries];
  int64_t n = 0;
  bool packed = false;
  for (int64_t i = 0; i < job.queries; ++i) {
    const uint64_t word =
        job.allowed == nullptr ? real : job.allowed[i * job.blocks() + block] & real;
    if (word != 0) {
      if (!packed) pack(job, channel, block * kKeyBlock, head);
      packed = true;
      queries[n] = static_cast<int32_t>(i);
      allowed[n++] = word;
    }
    if (n == kQueries || (n > 0 && i + 1 == job.queries)) {
      for (int64_t k = n; k < kQueries; ++k) queries[k] = queries[0];
      attend(head, queries, allowed, n);
      n = 0;
    }
  }
}

void block_attention(const BlockAttention& job, float* scratch, int64_t begin, int64_t end) {
  Head head = place(job, scratch);
  for (int64_t h = begin; h < end; ++h) {
    const int64_t channel = h * job.head_width;
    start(job, channel, head);
    for (int64_t block = 0; block < job.blocks(); ++block) attend_block(job, channel, block, head);
    for (int64_t i = 0; i < job.queries; ++i) {
      const float inverse = head.total[i] > 0 ? 1 / head.total[i] : 0;
      float* out = job.out + i * job.heads * job.head_width + channel;
      for (int64_t c = 0; c < head.width; ++c) out[c] = head.sums[i * head.width + c] * inverse;
    }
  }
}

}  // namespace

void fill_masked_attention(KernelTable& table) {
  table.block_attention = block_attention;
}

}  // namespace fcclip::ops::FCCLIP_ISA
