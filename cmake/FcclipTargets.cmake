# One static library per folder; its sources are the folder's own files, so a new file needs no CMake edit.

set(FCCLIP_WARNINGS -Wall -Wextra -Wno-unused-parameter -Wno-unknown-pragmas -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # Some codecs ask for it, and Clang refuses a header that was precompiled without.
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-pthread>)
endif()
if(FCCLIP_WERROR)
  list(APPEND FCCLIP_WARNINGS -Werror)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Wrong too often in GCC 12: in its own intrinsics and in the standard library.
    list(APPEND FCCLIP_WARNINGS -Wno-error=uninitialized -Wno-error=maybe-uninitialized -Wno-error=stringop-overflow
      -Wno-error=stringop-overread -Wno-error=array-bounds -Wno-error=restrict -Wno-error=free-nonheap-object)
  elseif(FCCLIP_SANITIZE)
    list(APPEND FCCLIP_WARNINGS -Wno-pass-failed)  # what a sanitizer looks at is not vectorised
  endif()
endif()

if(FCCLIP_SANITIZE STREQUAL "thread")
  set(fcclip_sanitizer -fsanitize=thread)
elseif(FCCLIP_SANITIZE)
  # A null pointer traps by itself; its checks, and those of object types, are most of the compiler's time.
  set(fcclip_sanitizer -fsanitize=address,undefined)
  set(fcclip_sanitizer_limits -fno-sanitize=null,vptr,object-size)
endif()

# A Debug build with a sanitizer is compiled once and run once: what calculates, or reads bytes that fuzzers make by the
# million, is optimised (HOT), all else costs half of the compiler's time without.
set(FCCLIP_HOT_FOLDERS core text io ops image results)
set(FCCLIP_CALM OFF)
if(FCCLIP_SANITIZE AND CMAKE_BUILD_TYPE STREQUAL "Debug")
  set(FCCLIP_CALM ON)
endif()

function(fcclip_common_options target)
  target_include_directories(${target} PUBLIC
    $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_compile_options(${target} PRIVATE ${FCCLIP_WARNINGS})
  # What __FILE__ says in messages does not tell where it was built.
  foreach(place ${FCCLIP_TORCH_ROOT}/include/=torch/ ${CMAKE_SOURCE_DIR}/= ${CMAKE_BINARY_DIR}/=build/)
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:C,CXX>:-fmacro-prefix-map=${place}>)
  endforeach()
  if(FCCLIP_SANITIZE)
    target_link_options(${target} PUBLIC ${fcclip_sanitizer})
  endif()
  if(FCCLIP_SANITIZE)
    target_compile_options(${target} PRIVATE ${fcclip_sanitizer} ${fcclip_sanitizer_limits} -fno-omit-frame-pointer)
  endif()
  if(FCCLIP_CALM AND NOT "HOT" IN_LIST ARGN)
    target_compile_options(${target} PRIVATE -O0)
  endif()
  # libFuzzer finds its way by the branches that it sees taken: in the library, not only in the entry points. The network
  # reads no file, and to count its branches would make every test of such a build slower.
  if(FCCLIP_FUZZ AND CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
    if(target MATCHES "^fcclip_(ops|nn|head|naming|segmenter)")
      target_compile_options(${target} PRIVATE -fno-sanitize-coverage=inline-8bit-counters,indirect-calls,trace-cmp,pc-table)
    endif()
  endif()
endfunction()

# Clang's OpenMP is a package of its own (libomp). Fuzzing goes without: at::parallel_for then runs on one thread.
macro(fcclip_find_openmp)
  find_package(OpenMP COMPONENTS CXX)
  if(NOT OpenMP_CXX_FOUND)
    if(NOT FCCLIP_FUZZ)
      message(FATAL_ERROR "${CMAKE_CXX_COMPILER_ID} has no OpenMP here, and the network would run on one thread; "
        "with Clang, install libomp-dev (or libomp-<version>-dev)")
    endif()
    message(STATUS "No OpenMP: one thread")
    add_library(OpenMP::OpenMP_CXX INTERFACE IMPORTED GLOBAL)
  endif()
endmacro()

# Tests are compiled once and run once: no optimisation, and no sanitizer of their own (the library has it), but for
# ThreadSanitizer: of an inline function that both have the linker keeps one, and what it orders must be seen.
function(fcclip_test_options target)
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR})
  set(optimization -O0)
  if(FCCLIP_SANITIZE STREQUAL "thread")
    set(optimization -O1)
  endif()
  target_compile_options(${target} PRIVATE ${FCCLIP_WARNINGS} ${optimization})
  target_link_options(${target} PRIVATE ${fcclip_sanitizer})
  if(FCCLIP_SANITIZE STREQUAL "thread")
    target_compile_options(${target} PRIVATE ${fcclip_sanitizer})
  endif()
  if(FCCLIP_SANITIZE)
    target_compile_definitions(${target} PRIVATE FCCLIP_SANITIZED=1)
  endif()
endfunction()

# LibTorch's headers cost about 9 s a file; precompiled once they cost about 1 s.
function(fcclip_precompiled_header owner)
  file(WRITE ${CMAKE_BINARY_DIR}/pch/${owner}.cpp "// Owner of the precompiled header.\n")
  add_library(${owner} STATIC ${CMAKE_BINARY_DIR}/pch/${owner}.cpp)
  target_link_libraries(${owner} PUBLIC fcclip_torch nlohmann_json::nlohmann_json OpenMP::OpenMP_CXX)
  target_precompile_headers(${owner} PRIVATE
    <ATen/ATen.h> <ATen/Parallel.h> <nlohmann/json.hpp>
    <algorithm> <filesystem> <functional> <map> <optional> <string> <string_view> <vector> ${ARGN})
endfunction()

function(fcclip_use_pch target)
  set(owner fcclip_pch)
  if(ARGC GREATER 1)
    set(owner ${ARGV1})
  endif()
  # CMake gives programs -fPIE, with which GCC refuses a header precompiled with -fPIC.
  target_compile_options(${target} PRIVATE -fPIC)
  target_precompile_headers(${target} REUSE_FROM ${owner})
endfunction()

# Headers are read and templates made once for many files. Names in unnamed namespaces must differ within a folder.
function(fcclip_use_unity target)
  if(FCCLIP_UNITY)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 24)
  endif()
endfunction()

# fcclip_library(clip DEPENDS nn io): the DEPENDS list is the layering rule; scripts/check_layers.py holds includes to it.
function(fcclip_library folder)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/fcclip/${folder}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_library(fcclip_${folder} STATIC ${sources})
  add_library(fcclip::${folder} ALIAS fcclip_${folder})
  set_target_properties(fcclip_${folder} PROPERTIES EXPORT_NAME ${folder})
  set(hot)
  set(pch fcclip_pch)
  if(FCCLIP_CALM AND folder IN_LIST FCCLIP_HOT_FOLDERS)
    set(hot HOT)
    set(pch fcclip_hot_pch)  # one that is read must have been compiled alike
  endif()
  fcclip_common_options(fcclip_${folder} ${hot})
  list(TRANSFORM ARG_DEPENDS PREPEND fcclip_)
  target_link_libraries(fcclip_${folder} PUBLIC ${ARG_DEPENDS} fcclip_torch
    nlohmann_json::nlohmann_json OpenMP::OpenMP_CXX PRIVATE ${ARG_LIBRARIES})
  fcclip_use_pch(fcclip_${folder} ${pch})
  fcclip_use_unity(fcclip_${folder})
  set_property(GLOBAL APPEND PROPERTY FCCLIP_LIBRARIES fcclip_${folder})
endfunction()
