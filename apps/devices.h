#pragma once
// fcclip info --devices

namespace fcclip::apps {

/// Prints this machine's processor and GPUs, and for a GPU that can't be used why not.
void tell_devices(bool json);

}  // namespace fcclip::apps
