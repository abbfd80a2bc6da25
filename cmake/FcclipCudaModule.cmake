# Modules: parts that call classes of LibTorch's CUDA side, CUDA graphs (fcclip/ops) and NCCL (fcclip/engine). A C++ compiler makes
# each of LibTorch's headers and NVIDIA's: of a toolkit, or of the wheels that LibTorch's CUDA wheel brings. They are linked to
# nothing of NVIDIA's; the program opens them behind LibTorch's CUDA side (core/cuda_module.h).

set(has_cuda_side OFF)
if(EXISTS ${FCCLIP_TORCH_ROOT}/lib/libtorch_cuda.so)
  set(has_cuda_side ON)
endif()
option(FCCLIP_CUDA_GRAPHS "Compile the module of CUDA graphs, where CUDA's headers are" ${has_cuda_side})
option(FCCLIP_NCCL "Compile the module that trains on several GPUs, where the headers of CUDA and NCCL are" ${has_cuda_side})

# Sets FCCLIP_CUDA_INCLUDE and FCCLIP_NCCL_INCLUDE, CUDA_MODULE_INCLUDES (those and what their wheels spread over other folders),
# HAS_CUDA_HEADERS when CUDA's are new enough, HAS_NCCL_HEADERS when all is there that LibTorch's class for NCCL reads.
macro(fcclip_find_cuda_headers)
  file(GLOB toolkits /usr/local/cuda*/include)
  file(GLOB wheels ${FCCLIP_TORCH_ROOT}/../nvidia/*/include)
  find_path(FCCLIP_CUDA_INCLUDE cuda_runtime_api.h HINTS ${wheels} ENV CUDA_HOME PATH_SUFFIXES include PATHS ${toolkits})
  find_path(FCCLIP_NCCL_INCLUDE nccl.h HINTS ${wheels} ENV NCCL_HOME PATH_SUFFIXES include PATHS ${toolkits})
  set(CUDA_MODULE_INCLUDES ${FCCLIP_CUDA_INCLUDE} ${FCCLIP_NCCL_INCLUDE} ${wheels})
  list(FILTER CUDA_MODULE_INCLUDES EXCLUDE REGEX NOTFOUND)
  set(version 0)
  if(FCCLIP_CUDA_INCLUDE AND EXISTS ${FCCLIP_CUDA_INCLUDE}/cuda.h)
    file(STRINGS ${FCCLIP_CUDA_INCLUDE}/cuda.h line REGEX "^#define CUDA_VERSION [0-9]+")
    string(REGEX REPLACE "[^0-9]" "" version "${line}")
  endif()
  if(NOT version LESS 12040)
    set(HAS_CUDA_HEADERS ON)
  endif()
  set(HAS_NCCL_HEADERS ${HAS_CUDA_HEADERS})
  foreach(header nccl.h cusparse.h cublas_v2.h cusolverDn.h)
    set(found OFF)
    foreach(folder ${CUDA_MODULE_INCLUDES})
      if(EXISTS ${folder}/${header})
        set(found ON)
      endif()
    endforeach()
    if(NOT found)
      set(HAS_NCCL_HEADERS OFF)
      list(APPEND missing_headers ${header})
    endif()
  endforeach()
endmacro()

set(HAS_CUDA_HEADERS OFF)
set(HAS_NCCL_HEADERS OFF)
if(FCCLIP_CUDA_GRAPHS OR FCCLIP_NCCL)
  set(missing_headers)
  fcclip_find_cuda_headers()
  list(JOIN missing_headers ", " missing_headers)
  if(NOT HAS_CUDA_HEADERS)
    message(STATUS "No headers of CUDA 12.4 or newer: no CUDA graphs, each operation is launched alone; no training on several GPUs")
  elseif(FCCLIP_NCCL AND NOT HAS_NCCL_HEADERS)
    message(STATUS "No ${missing_headers}, which LibTorch's CUDA wheel brings along: no training on several GPUs")
  endif()
endif()

# fcclip_cuda_module(fcclip_nccl nccl/nccl_module.cpp DEFINES USE_C10D_NCCL): libfcclip_nccl.so.
function(fcclip_cuda_module target source)
  cmake_parse_arguments(ARG "" "" "DEFINES" ${ARGN})
  add_library(${target} MODULE ${source})
  fcclip_common_options(${target})
  get_target_property(torch_includes fcclip_torch INTERFACE_INCLUDE_DIRECTORIES)
  if(NOT torch_includes)
    set(torch_includes ${FCCLIP_TORCH_ROOT}/include ${FCCLIP_TORCH_ROOT}/include/torch/csrc/api/include)
  endif()
  # The first stands in for what wheels leave out.
  target_include_directories(${target} SYSTEM PRIVATE
    ${CMAKE_SOURCE_DIR}/fcclip/core/cuda_headers ${torch_includes} ${CUDA_MODULE_INCLUDES})
  # LibTorch's CPU wheels lack the header that says so.
  target_compile_definitions(${target} PRIVATE C10_CUDA_NO_CMAKE_CONFIGURE_FILE C10_CUDA_BUILD_SHARED_LIBS ${ARG_DEFINES})
  # A name that is not found is told when the module is opened, not when it is called.
  target_link_options(${target} PRIVATE -Wl,-z,now)
  set_target_properties(${target} PROPERTIES PREFIX lib
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/${FCCLIP_PRIVATE_LIBDIR})
  # Beside the copy of LibTorch's CPU side that is installed else it would never be opened.
  if(NOT FCCLIP_INSTALL_LIBTORCH OR FCCLIP_CUDA OR FCCLIP_WHEEL)
    install(TARGETS ${target} LIBRARY DESTINATION ${FCCLIP_PRIVATE_LIBDIR} COMPONENT program)
  endif()
endfunction()

# What opens modules is of use with those that were made: fcclip_needs_cuda_modules(fcclip_program fcclip_nccl fcclip_cuda_graph).
function(fcclip_needs_cuda_modules target)
  foreach(module ${ARGN})
    if(TARGET ${module})
      add_dependencies(${target} ${module})
    endif()
  endforeach()
endfunction()
