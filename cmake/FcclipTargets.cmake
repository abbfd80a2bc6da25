# One static library per folder; its sources are the folder's own files, so a new file needs no CMake edit.

set(FCCLIP_WARNINGS -Wall -Wextra -Wno-unused-parameter -Wno-unknown-pragmas -Wno-missing-field-initializers)

function(fcclip_common_options target)
  target_include_directories(${target} PUBLIC
    $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_compile_options(${target} PRIVATE ${FCCLIP_WARNINGS})
  if(FCCLIP_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=address,undefined -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=address,undefined)
  endif()
endfunction()

# LibTorch's headers cost about 9 s a file; precompiled once they cost about 1 s.
function(fcclip_precompiled_header)
  file(WRITE ${CMAKE_BINARY_DIR}/pch/pch.cpp "// Owner of the precompiled header.\n")
  add_library(fcclip_pch STATIC ${CMAKE_BINARY_DIR}/pch/pch.cpp)
  target_link_libraries(fcclip_pch PUBLIC ${TORCH_LIBRARIES} nlohmann_json::nlohmann_json OpenMP::OpenMP_CXX)
  fcclip_common_options(fcclip_pch)
  target_precompile_headers(fcclip_pch PRIVATE
    <ATen/ATen.h> <ATen/Parallel.h> <nlohmann/json.hpp>
    <algorithm> <filesystem> <functional> <map> <optional> <string> <string_view> <vector>)
endfunction()

function(fcclip_use_pch target)
  # CMake gives programs -fPIE, with which GCC refuses a header precompiled with -fPIC.
  target_compile_options(${target} PRIVATE -fPIC)
  target_precompile_headers(${target} REUSE_FROM fcclip_pch)
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
  fcclip_common_options(fcclip_${folder})
  list(TRANSFORM ARG_DEPENDS PREPEND fcclip_)
  target_link_libraries(fcclip_${folder} PUBLIC ${ARG_DEPENDS} ${TORCH_LIBRARIES}
    nlohmann_json::nlohmann_json OpenMP::OpenMP_CXX PRIVATE ${ARG_LIBRARIES})
  fcclip_use_pch(fcclip_${folder})
  set_property(GLOBAL APPEND PROPERTY FCCLIP_LIBRARIES fcclip_${folder})
endfunction()
