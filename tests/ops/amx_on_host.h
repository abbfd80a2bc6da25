#pragma once
// AMX's instructions as C++, for processors without: what Intel's manual says of them, refusals too. The compiler is told to
// read this before fcclip/ops/cpu/kernels_amx/gemm.cpp, which then calls these functions under the names of the intrinsics.

#include <immintrin.h>

#include "fcclip/ops/cpu/bf16_kernels.h"

namespace fcclip::ops::amx_on_host {

// Each thread has tiles of its own. What a processor would answer with an exception (#GP, #UD) throws std::logic_error.
void load_config(const void* config);
void release();
void zero(int tile);
void load(int tile, const void* from, int64_t stride_bytes);
void store(int tile, void* to, int64_t stride_bytes);
/// TDPBF16PS
void add_products(int sums, int rows, int columns);

/// Whether this thread has tiles in use.
bool in_use();
/// Of this thread, since it began.
int64_t products_added();

/// The kernel's, compiled so.
Bf16Kernels bf16_kernels();

}  // namespace fcclip::ops::amx_on_host

#undef _tile_loadd
#undef _tile_stored
#undef _tile_zero
#undef _tile_dpbf16ps
#define _tile_loadconfig(config) (fcclip::ops::amx_on_host::load_config(config))
#define _tile_release() (fcclip::ops::amx_on_host::release())
#define _tile_zero(tile) (fcclip::ops::amx_on_host::zero(tile))
#define _tile_loadd(tile, from, stride) (fcclip::ops::amx_on_host::load(tile, from, stride))
#define _tile_stored(tile, to, stride) (fcclip::ops::amx_on_host::store(tile, to, stride))
#define _tile_dpbf16ps(sums, rows, columns) \
  (fcclip::ops::amx_on_host::add_products(sums, rows, columns))
