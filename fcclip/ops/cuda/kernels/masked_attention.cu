// Attention with a mask in one pass over the keys: scores live in registers, and what is [Q, N] in memory
// is the mask's bytes alone. One text for nvcc, NVRTC and, with tests/ops/cuda_on_host.h before it, a C++
// compiler.
//
// A block has a tile of queries and walks over tiles of keys with the running maximum and sum of each
// query (Milakov and Gimelshein, "Online normalizer calculation for softmax", 2018). A thread has four queries and
// four keys of the scores, the same queries and two channels of the sums; sixteen neighbours share the queries, so
// that rows are reduced within half a warp.

#include "fcclip/ops/cuda/kernels/element.h"
#include "fcclip/ops/cuda/kernels/masked_attention_job.h"

namespace fcclip::ops::cuda {
namespace {

constexpr int32_t kTile = kAttentionTile, kWidth = kAttentionWidth;
constexpr int32_t kFours = kTile / 4;  // threads that share queries
constexpr unsigned kEveryLane = 0xffffffffu;

// Read and written at once.
struct alignas(16) Four {
  float of[4];
};
struct alignas(8) Two {
  float of[2];
};

__device__ float minus_infinity() {
  return number_of_bits(0xff800000u);
}

// The rows of a head.
struct HeadRows {
  const float* first;
  int32_t row, channel;
};

__device__ HeadRows rows_of(const AttentionRows& rows, int32_t image, int32_t row, int32_t head) {
  return {rows.first + image * rows.image + static_cast<int64_t>(row) * rows.row +
              static_cast<int64_t>(head) * kWidth * rows.channel,
          rows.row, rows.channel};
}

// A tile, transposed: a warp has four channels of 32 rows, so that its threads never meet in a bank. Rows behind
// the last one are zeros.
__device__ void load_transposed(Four (*to)[kFours], const HeadRows& rows, int32_t count,
                                float scale) {
  const int32_t lane = threadIdx.x % 32, part = threadIdx.x / 32;
  FCCLIP_UNROLLED
  for (int32_t row = lane; row < kTile; row += 32) {
    Four four = {};
    if (row < count) {
      four = *reinterpret_cast<const Four*>(rows.first + static_cast<int64_t>(row) * rows.row +
                                            4 * part);
    }
    FCCLIP_UNROLLED
    for (int i = 0; i < 4; ++i) to[4 * part + i][row / 4].of[row % 4] = four.of[i] * scale;
  }
}

// The same of keys that lie side by side: a channel of 32 of them at once.
__device__ void load_side_by_side(Four (*to)[kFours], const HeadRows& rows, int32_t count) {
  const int32_t lane = threadIdx.x % 32, part = threadIdx.x / 32;
  FCCLIP_UNROLLED
  for (int32_t row = lane; row < kTile; row += 32) {
    FCCLIP_UNROLLED
    for (int i = 0; i < 4; ++i) {
      const int32_t channel = 4 * part + i;
      to[channel][row / 4].of[row % 4] =
          row < count ? rows.first[static_cast<int64_t>(channel) * rows.channel + row] : 0.0f;
    }
  }
}

__device__ void load_rows(Four (*to)[kWidth / 4], const HeadRows& rows, int32_t count) {
  const int32_t part = threadIdx.x % (kWidth / 4);
  FCCLIP_UNROLLED
  for (int32_t row = threadIdx.x / (kWidth / 4); row < kTile;
       row += kAttentionThreads / (kWidth / 4)) {
    Four four = {};
    if (row < count) {
      four = *reinterpret_cast<const Four*>(rows.first + static_cast<int64_t>(row) * rows.row +
                                            4 * part);
    }
    to[row][part] = four;
  }
}

// What a block works on.
struct AttentionPlace {
  int32_t first_query, queries, first_key, end_key, split, image, head;
};

__device__ AttentionPlace place_of_block(const AttentionJob& job) {
  const int32_t tiles = (job.queries + kTile - 1) / kTile;
  AttentionPlace place;
  place.split = blockIdx.x / tiles;
  place.first_query = blockIdx.x % tiles * kTile;
  const int32_t left = job.queries - place.first_query;
  place.queries = left < kTile ? left : kTile;
  place.first_key = place.split * job.keys_of_split;
  const int32_t end = place.first_key + job.keys_of_split;
  place.end_key = end < job.keys ? end : job.keys;
  place.image = blockIdx.y / job.heads;
  place.head = blockIdx.y % job.heads;
  return place;
}

// A thread's part of the answer: of each of its queries the largest score so far, its own keys' sum of
// exponentials beside that, and two channels of the sum of values.
struct Running {
  float largest[4], sum[4], value[4][2];
};

// Scores that may not be looked at become -infinity: behind the last key, and where the mask says so.
__device__ void leave_out(const AttentionJob& job, const AttentionPlace& place, int32_t key,
                          float (&score)[4][4]) {
  const int32_t first = key + static_cast<int32_t>(threadIdx.x) % kFours * 4;
  FCCLIP_UNROLLED
  for (int i = 0; i < 4; ++i) {
    const int32_t row = static_cast<int32_t>(threadIdx.x) / kFours * 4 + i;
    const uint8_t* blocked = nullptr;
    if (job.blocked && row < place.queries) {
      blocked =
          job.blocked +
          (static_cast<int64_t>(place.image) * job.queries + place.first_query + row) * job.keys +
          first;
    }
    FCCLIP_UNROLLED
    for (int j = 0; j < 4; ++j) {
      const bool is_key = first + j < place.end_key;
      if (!is_key || (blocked && blocked[j])) score[i][j] = minus_infinity();
    }
  }
}

// Scores become exponentials beside the largest score so far; what was summed beside an older one shrinks.
__device__ void exponentials(float (&score)[4][4], Running& so_far) {
  FCCLIP_UNROLLED
  for (int i = 0; i < 4; ++i) {
    float largest = so_far.largest[i];
    FCCLIP_UNROLLED
    for (int j = 0; j < 4; ++j) largest = fmaxf(largest, score[i][j]);
    FCCLIP_UNROLLED
    for (int step = kFours / 2; step > 0; step /= 2) {
      largest = fmaxf(largest, __shfl_xor_sync(kEveryLane, largest, step));
    }
    // Where nothing was to be looked at yet: exponentials of -infinity are zeros, and none is asked of a
    // difference of two of them.
    const float beside = largest == minus_infinity() ? 0.0f : largest;
    const float shrinks = exp2f(so_far.largest[i] - beside);
    so_far.largest[i] = largest;
    so_far.sum[i] *= shrinks;
    so_far.value[i][0] *= shrinks;
    so_far.value[i][1] *= shrinks;
    FCCLIP_UNROLLED
    for (int j = 0; j < 4; ++j) {
      score[i][j] = exp2f(score[i][j] - beside);
      so_far.sum[i] += score[i][j];
    }
  }
}

// Rows are one Four longer than a tile: else four rows would begin in the same bank.
using Weights = Four[kTile][kFours + 1];

__device__ void add_values(const Weights& weights, const Four (*values)[kWidth / 4],
                           Running& so_far) {
  const int32_t row = threadIdx.x / kFours * 4, pair = threadIdx.x % kFours;
  FCCLIP_UNROLLED
  for (int32_t four = 0; four < kFours; ++four) {
    Four weight[4];
    FCCLIP_UNROLLED
    for (int i = 0; i < 4; ++i) weight[i] = weights[row + i][four];
    FCCLIP_UNROLLED
    for (int j = 0; j < 4; ++j) {
      const Two value = reinterpret_cast<const Two*>(values[4 * four + j])[pair];
      FCCLIP_UNROLLED
      for (int i = 0; i < 4; ++i) {
        so_far.value[i][0] = fmaf(weight[i].of[j], value.of[0], so_far.value[i][0]);
        so_far.value[i][1] = fmaf(weight[i].of[j], value.of[1], so_far.value[i][1]);
      }
    }
  }
}

__device__ void write_answer(const AttentionJob& job, const AttentionPlace& place,
                             const Running& found) {
  const int32_t pair = threadIdx.x % kFours;
  FCCLIP_UNROLLED
  for (int i = 0; i < 4; ++i) {
    float sum = found.sum[i];
    FCCLIP_UNROLLED
    for (int step = kFours / 2; step > 0; step /= 2) sum += __shfl_xor_sync(kEveryLane, sum, step);
    const int32_t row = static_cast<int32_t>(threadIdx.x) / kFours * 4 + i;
    if (row >= place.queries) continue;  // all lanes have met before
    const int32_t query = place.first_query + row;
    if (job.splits == 1) {
      const float share = sum == 0 ? 0.0f : 1.0f / sum;  // what is not a number stays none
      float* to = job.out + ((static_cast<int64_t>(place.image) * job.queries + query) * job.heads +
                             place.head) *
                                kWidth;
      reinterpret_cast<Two*>(to)[pair] = {found.value[i][0] * share, found.value[i][1] * share};
      continue;
    }
    const int64_t at =
        (static_cast<int64_t>(place.split) * job.rows + place.image * job.heads + place.head) *
            job.queries +
        query;
    reinterpret_cast<Two*>(job.part + at * kWidth)[pair] = {found.value[i][0], found.value[i][1]};
    if (pair == 0) {
      job.part_sum[at] = sum;
      job.part_max[at] = found.largest[i];
    }
  }
}

__device__ void attend(const AttentionJob& job) {
  __shared__ Four queries[kWidth][kFours];
  __shared__ Four keys[kWidth][kFours];
  __shared__ Four values[kTile][kWidth / 4];
  __shared__ Weights weights;
  const AttentionPlace place = place_of_block(job);
  load_transposed(queries, rows_of(job.q, place.image, place.first_query, place.head),
                  place.queries, job.scale);
  const int32_t row = threadIdx.x / kFours, column = threadIdx.x % kFours;
  Running so_far = {};
  FCCLIP_UNROLLED
  for (int i = 0; i < 4; ++i) so_far.largest[i] = minus_infinity();
  for (int32_t key = place.first_key; key < place.end_key; key += kTile) {
    const int32_t left = place.end_key - key;
    const HeadRows k = rows_of(job.k, place.image, key, place.head);
    __syncthreads();  // nobody reads the tile before
    if (k.channel == 1) {
      load_transposed(keys, k, left, 1.0f);
    } else {
      load_side_by_side(keys, k, left);
    }
    load_rows(values, rows_of(job.v, place.image, key, place.head), left);
    __syncthreads();
    float score[4][4] = {};
    FCCLIP_UNROLLED
    for (int32_t channel = 0; channel < kWidth; ++channel) {
      const Four a = queries[channel][row], b = keys[channel][column];
      FCCLIP_UNROLLED
      for (int i = 0; i < 4; ++i) {
        FCCLIP_UNROLLED
        for (int j = 0; j < 4; ++j) score[i][j] = fmaf(a.of[i], b.of[j], score[i][j]);
      }
    }
    leave_out(job, place, key, score);
    exponentials(score, so_far);
    FCCLIP_UNROLLED
    for (int i = 0; i < 4; ++i) {
      weights[4 * row + i][column] = {score[i][0], score[i][1], score[i][2], score[i][3]};
    }
    __syncwarp();  // a row's sixteen threads read what they wrote
    add_values(weights, values, so_far);
  }
  write_answer(job, place, so_far);
}

// A warp has a row, a lane one of its channels.
__device__ void join_splits(const AttentionJob& job) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * blockDim.y + threadIdx.y;
  const int64_t rows = static_cast<int64_t>(job.rows) * job.queries;
  if (row >= rows) return;
  float largest = minus_infinity();
  for (int32_t s = 0; s < job.splits; ++s) largest = fmaxf(largest, job.part_max[s * rows + row]);
  const float beside = largest == minus_infinity() ? 0.0f : largest;
  float sum = 0, value = 0;
  for (int32_t s = 0; s < job.splits; ++s) {
    const int64_t at = s * rows + row;
    const float weight = exp2f(job.part_max[at] - beside);
    sum = fmaf(weight, job.part_sum[at], sum);
    value = fmaf(weight, job.part[at * kWidth + threadIdx.x], value);
  }
  const int64_t head_of_image = row / job.queries, query = row % job.queries;
  const int64_t image = head_of_image / job.heads, head = head_of_image % job.heads;
  float* to = job.out + (image * job.queries + query) * job.heads * kWidth + head * kWidth;
  to[threadIdx.x] = sum == 0 ? 0.0f : value / sum;
}

}  // namespace
}  // namespace fcclip::ops::cuda

extern "C" __global__ void __launch_bounds__(fcclip::ops::cuda::kAttentionThreads)
    attention_part(const fcclip::ops::cuda::AttentionJob job) {
  fcclip::ops::cuda::attend(job);
}
extern "C" __global__ void attention_join(const fcclip::ops::cuda::AttentionJob job) {
  fcclip::ops::cuda::join_splits(job);
}
