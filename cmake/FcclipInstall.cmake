# Two components: `program` (fcclip, its data, the libraries it needs) and `development` (headers, static libraries, the
# package for find_package(fcclip); the consumer links fcclip::segmenter and includes "fcclip/segmenter/segmenter.h").
include(CMakePackageConfigHelpers)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/fcclip)
get_property(fcclip_libraries GLOBAL PROPERTY FCCLIP_LIBRARIES)
install(TARGETS ${fcclip_libraries} EXPORT fcclipTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
install(DIRECTORY fcclip DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development FILES_MATCHING PATTERN "*.h")
install(EXPORT fcclipTargets NAMESPACE fcclip:: DESTINATION ${package} COMPONENT development)
configure_package_config_file(cmake/fcclipConfig.cmake.in ${CMAKE_BINARY_DIR}/fcclipConfig.cmake
  INSTALL_DESTINATION ${package})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/fcclipConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/fcclipConfig.cmake ${CMAKE_BINARY_DIR}/fcclipConfigVersion.cmake
  cmake/FcclipTorch.cmake DESTINATION ${package} COMPONENT development)

# The installed program outlives the environment that LibTorch came in.
if(FCCLIP_INSTALL_LIBTORCH AND FCCLIP_APPS AND NOT FCCLIP_CUDA)
  set(torch_libraries libtorch_cpu.so libc10.so)
  file(GLOB runtime ${FCCLIP_TORCH_ROOT}/lib/libgomp*.so* ${FCCLIP_TORCH_ROOT}/../nvidia/*/lib/libcudart.so.*
    ${FCCLIP_TORCH_ROOT}/../nvidia/*/lib/libcupti.so.*)
  list(TRANSFORM torch_libraries PREPEND ${FCCLIP_TORCH_ROOT}/lib/)
  install(FILES ${torch_libraries} ${runtime} DESTINATION ${FCCLIP_PRIVATE_LIBDIR} COMPONENT program)
endif()

# cmake --build BUILD --target uninstall: takes away what the last installation wrote.
add_custom_target(uninstall COMMAND ${CMAKE_COMMAND} -DBUILD=${CMAKE_BINARY_DIR}
  -P ${CMAKE_SOURCE_DIR}/cmake/FcclipUninstall.cmake VERBATIM)
