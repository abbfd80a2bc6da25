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

}  // namespace fcclip
