#!/usr/bin/env bash
# The tests that run under ASan + UBSan before a change lands: of every folder that touches untrusted bytes, words or raw
# pointers. Training leaves nearly all to LibTorch, and its tests take longest: scripts/nightly.sh has them.
folders=(core text io ops nn clip classify naming words reference_config results model segmenter image draw outputs runs tiles serve data engine)
echo "${folders[@]/%/_test}"
