# install + find_package(fcclip): the consumer links fcclip::segmenter and includes "fcclip/segmenter/segmenter.h".
include(CMakePackageConfigHelpers)
get_property(fcclip_libraries GLOBAL PROPERTY FCCLIP_LIBRARIES)
install(TARGETS ${fcclip_libraries} EXPORT fcclipTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY fcclip DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(EXPORT fcclipTargets NAMESPACE fcclip:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/fcclip)
configure_package_config_file(cmake/fcclipConfig.cmake.in ${CMAKE_BINARY_DIR}/fcclipConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/fcclip)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/fcclipConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/fcclipConfig.cmake ${CMAKE_BINARY_DIR}/fcclipConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/fcclip)
