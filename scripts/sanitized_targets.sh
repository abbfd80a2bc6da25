#!/usr/bin/env bash
# The tests that run under ASan + UBSan before a change lands: of every folder that touches untrusted bytes, words or raw
# pointers.
folders=(core text io ops nn clip classify naming words reference_config results model segmenter image draw outputs runs tiles serve data engine train)
echo "${folders[@]/%/_test}"
