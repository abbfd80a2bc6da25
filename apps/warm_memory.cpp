#include "apps/warm_memory.h"

#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace fcclip::apps {

void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int kBlock = 1 << 30;  // larger ones are mapped by themselves, and given back
  mallopt(M_MMAP_THRESHOLD, kBlock);
  mallopt(M_TRIM_THRESHOLD, 2047 << 20);
  mallopt(M_TOP_PAD, 64 << 20);
#endif
}

void share_freed_memory() {
#ifdef __GLIBC__
  mallopt(M_ARENA_MAX, 1);
#endif
}

}  // namespace fcclip::apps
