#pragma once
// As cuda_fp16.h.

struct __nv_bfloat16;
