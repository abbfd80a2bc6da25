# Two components: `program` (fcclip, its data, the libraries it needs) and `development` (libfcclip.so, its few headers, the
# packages for find_package(fcclip) and pkg-config). What the headers do not name is not installed.
include(CMakePackageConfigHelpers)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/fcclip)
install(TARGETS fcclip_shared EXPORT fcclipTargets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
foreach(header fcclip.h fcclip_torch.h capi/fcclip_c.h core/error.h core/export.h core/log.h core/progress.h core/size.h)
  get_filename_component(folder fcclip/${header} DIRECTORY)
  install(FILES fcclip/${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/${folder} COMPONENT development)
endforeach()
install(EXPORT fcclipTargets NAMESPACE fcclip:: DESTINATION ${package} COMPONENT development)
configure_package_config_file(cmake/fcclipConfig.cmake.in ${CMAKE_BINARY_DIR}/fcclipConfig.cmake
  INSTALL_DESTINATION ${package})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/fcclipConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/fcclipConfig.cmake ${CMAKE_BINARY_DIR}/fcclipConfigVersion.cmake
  cmake/FcclipTorch.cmake DESTINATION ${package} COMPONENT development)
file(RELATIVE_PATH to_prefix /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
configure_file(cmake/fcclip.pc.in ${CMAKE_BINARY_DIR}/fcclip.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/fcclip.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)

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
