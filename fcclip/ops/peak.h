#pragma once
// What the processor can do at most, measured: the yardstick of the products.

namespace fcclip::ops {

/// float32 operations a second (a multiply-add counts two) of at::get_num_threads() threads that do
/// nothing but multiply-adds in registers with the widest vectors of chosen_isa(); the best of a few
/// rounds, which together take about `seconds`.
double multiply_add_peak(double seconds = 0.3);

}  // namespace fcclip::ops
