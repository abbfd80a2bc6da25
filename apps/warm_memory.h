#pragma once
// Memory that a training step frees is what the next step asks for.

namespace fcclip::apps {

/// Tells glibc's malloc to keep freed blocks instead of giving them back to the system, which would
/// clear their pages anew in every step (an eighth of a small model's time). Elsewhere: nothing.
void keep_freed_memory();

}  // namespace fcclip::apps
