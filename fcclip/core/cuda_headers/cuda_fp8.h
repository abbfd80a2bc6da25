#pragma once
// As cuda_fp16.h: here nothing is named.
