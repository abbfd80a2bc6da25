# libfcclip.so: the public face alone is visible. Everything below it is linked in; LibTorch and codecs stay its own affair.
set(faces api capi)
if(FCCLIP_APPS)
  list(APPEND faces api_pictures)
endif()
set(objects)
foreach(face ${faces})
  list(APPEND objects $<TARGET_OBJECTS:fcclip_${face}>)
endforeach()
add_library(fcclip_shared SHARED ${objects})
add_library(fcclip::fcclip ALIAS fcclip_shared)
foreach(face ${faces})
  target_link_libraries(fcclip_shared PRIVATE fcclip_${face})
endforeach()
fcclip_needs_cuda_modules(fcclip_shared fcclip_cuda_graph)
set(exports ${CMAKE_SOURCE_DIR}/cmake/fcclip.map)
target_link_options(fcclip_shared PRIVATE -Wl,--version-script=${exports})
if(NOT (FCCLIP_SANITIZE AND CMAKE_CXX_COMPILER_ID MATCHES "Clang"))  # whose sanitizers lie in the program alone
  target_link_options(fcclip_shared PRIVATE -Wl,--no-undefined)
endif()
target_include_directories(fcclip_shared INTERFACE
  $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_compile_features(fcclip_shared INTERFACE cxx_std_20)
# Below 1.0 every minor version may change the interface.
set_target_properties(fcclip_shared PROPERTIES OUTPUT_NAME fcclip EXPORT_NAME fcclip LINKER_LANGUAGE CXX
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR} LINK_DEPENDS ${exports}
  LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/${CMAKE_INSTALL_LIBDIR}
  INSTALL_RPATH "$ORIGIN/fcclip;${FCCLIP_TORCH_ROOT}/lib")

# For fcclip/fcclip_torch.h; the installed package makes the same.
add_library(fcclip_with_torch INTERFACE)
add_library(fcclip::torch ALIAS fcclip_with_torch)
target_link_libraries(fcclip_with_torch INTERFACE fcclip_shared fcclip_torch)
