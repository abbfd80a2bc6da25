#pragma once
// What the allocator keeps of memory that was freed.

#include <cstdlib>  // says whether this is glibc

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace fcclip {

/// Gives back what is free now: pages between what lives on, which the allocator keeps by itself. For work without end, in
/// which the little that each piece leaves splits blocks that were kept for larger ones. Without glibc: nothing.
inline void give_back_freed_memory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

/// Tells glibc's malloc to keep freed blocks instead of giving them back to the system, which would
/// clear their pages anew in every step and for every picture (a tenth of a small model's time). For
/// a whole program, which decides this once. Elsewhere: nothing.
inline void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int kBlock = 1 << 30;  // larger ones are mapped by themselves, and given back
  mallopt(M_MMAP_THRESHOLD, kBlock);
  mallopt(M_TRIM_THRESHOLD, 2047 << 20);
  mallopt(M_TOP_PAD, 64 << 20);
#endif
}

/// What one thread frees another takes: by itself glibc gives every thread a heap of its own, each of
/// which grows to that thread's largest request. For a server, before its threads start.
inline void share_freed_memory() {
#ifdef __GLIBC__
  mallopt(M_ARENA_MAX, 1);
#endif
}

}  // namespace fcclip
