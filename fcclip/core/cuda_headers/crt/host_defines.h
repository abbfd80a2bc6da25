#pragma once
// What CUDA's headers for the runtime want of their compiler's, which wheels of NVIDIA's leave out: what the words mean to a
// C++ compiler. A toolkit's headers find their own file first, beside them.

#define __HOST_DEFINES_H__

#define CUDARTAPI
#define CUDARTAPI_CDECL
#define __host__
#define __device__
#define __global__
#define __shared__
#define __constant__
#define __managed__
#define __device_builtin__
#define __device_builtin_texture_type__
#define __device_builtin_surface_type__
#define __cudart_builtin__
#define __specialization_static
#define __annotate__(a) __attribute__((a))
#define __location__(a) __annotate__(a)
#define __align__(n) __attribute__((aligned(n)))
#define __builtin_align__(n) __align__(n)
#define __forceinline__ __inline__ __attribute__((always_inline))
#define __inline_hint__
#define __no_return__ __attribute__((noreturn))
#define __thread__ __thread
