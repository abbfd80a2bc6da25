#pragma once
// In place of CUDA's own, which wants nv/target: its libraries name the type alone.

struct __half;
