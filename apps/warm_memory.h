#pragma once
// How the allocator treats memory that was freed.

namespace fcclip::apps {

/// Tells glibc's malloc to keep freed blocks instead of giving them back to the system, which would
/// clear their pages anew in every step and for every picture (a tenth of a small model's time). Elsewhere: nothing.
void keep_freed_memory();

/// What one thread frees another takes: by itself glibc gives every thread a heap of its own, each of
/// which grows to that thread's largest request. For a server, before its threads start.
void share_freed_memory();

}  // namespace fcclip::apps
