# LibTorch as a target of our own, fcclip_torch: the headers, libtorch_cpu and libc10, whichever build the wheel is.
# TorchConfig.cmake of a CUDA build stops where no CUDA toolkit is installed, although its CPU side needs none.
# The CUDA side of the same wheel is opened at run time, where a GPU is asked for. Only with FCCLIP_CUDA is TorchConfig.cmake
# itself asked and the CUDA side linked. Used by the installed package too.
#
# Sets FCCLIP_TORCH_ROOT and FCCLIP_TORCH_VERSION. Looks in Torch_DIR, Torch_ROOT and CMAKE_PREFIX_PATH, each of which may be
# the folder of TorchConfig.cmake, the torch package or the folder that holds it.

function(fcclip_find_torch_root)
  foreach(place ${Torch_DIR} ${Torch_ROOT} ${CMAKE_PREFIX_PATH} $ENV{Torch_DIR} $ENV{CMAKE_PREFIX_PATH})
    string(REPLACE ":" ";" places "${place}")
    foreach(one ${places})
      foreach(suffix "" /torch /.. /../.. /../../..)
        if(EXISTS ${one}${suffix}/share/cmake/Torch/TorchConfig.cmake)
          get_filename_component(root ${one}${suffix} REALPATH)
          set(FCCLIP_TORCH_ROOT ${root} PARENT_SCOPE)
          return()
        endif()
      endforeach()
    endforeach()
  endforeach()
endfunction()

# The file that LibTorch itself is asked with by find_package(Torch <version>).
macro(fcclip_check_torch_version least)
  set(PACKAGE_FIND_VERSION ${least})
  include(${FCCLIP_TORCH_ROOT}/share/cmake/Torch/TorchConfigVersion.cmake)
  set(FCCLIP_TORCH_VERSION ${PACKAGE_VERSION})
  if(NOT PACKAGE_VERSION_COMPATIBLE)
    message(FATAL_ERROR "LibTorch ${PACKAGE_VERSION} in ${FCCLIP_TORCH_ROOT}: fcclip needs ${least} or newer; "
      "name another with -DCMAKE_PREFIX_PATH=<the torch package's folder>")
  endif()
endmacro()

fcclip_find_torch_root()
if(NOT FCCLIP_TORCH_ROOT)
  message(FATAL_ERROR "no LibTorch: put the folder of the torch package (python3 -c 'import torch; print(torch.__path__[0])') "
    "into CMAKE_PREFIX_PATH, or let scripts/setup.sh install one")
endif()
fcclip_check_torch_version(2.11)
message(STATUS "LibTorch ${FCCLIP_TORCH_VERSION} in ${FCCLIP_TORCH_ROOT}")

if(NOT TARGET fcclip_torch)
  add_library(fcclip_torch INTERFACE IMPORTED GLOBAL)
  if(FCCLIP_CUDA)
    find_package(Torch REQUIRED PATHS ${FCCLIP_TORCH_ROOT}/share/cmake/Torch NO_DEFAULT_PATH)
    set_target_properties(fcclip_torch PROPERTIES INTERFACE_LINK_LIBRARIES "${TORCH_LIBRARIES}")
  else()
    set_target_properties(fcclip_torch PROPERTIES
      INTERFACE_INCLUDE_DIRECTORIES
        "${FCCLIP_TORCH_ROOT}/include;${FCCLIP_TORCH_ROOT}/include/torch/csrc/api/include"
      INTERFACE_COMPILE_DEFINITIONS "USE_DISTRIBUTED;USE_C10D_GLOO"
      # torch_cpu registers its operators when it is loaded: it is needed even where no symbol of it is named.
      INTERFACE_LINK_LIBRARIES
        "-Wl,--no-as-needed,${FCCLIP_TORCH_ROOT}/lib/libtorch_cpu.so,--as-needed;${FCCLIP_TORCH_ROOT}/lib/libc10.so")
  endif()
endif()
