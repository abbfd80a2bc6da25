# cpack: a .deb and a tarball of both components, as scripts/package.sh makes them. Not with a LibTorch that stays outside.
if(NOT FCCLIP_INSTALL_LIBTORCH OR NOT FCCLIP_APPS OR FCCLIP_CUDA OR FCCLIP_WHEEL)
  return()
endif()
set(FCCLIP_MAINTAINER "fcclip maintainers <maintainers@fcclip.invalid>" CACHE STRING "Who answers for the Debian package")
set(debian ${CMAKE_SOURCE_DIR}/deploy/debian)
set(control ${CMAKE_BINARY_DIR}/debian)
string(TIMESTAMP FCCLIP_DEBIAN_DATE "%a, %d %b %Y %H:%M:%S +0000" UTC)
foreach(file shlibs triggers changelog)
  configure_file(${debian}/${file}.in ${control}/${file} @ONLY)
endforeach()

set(CPACK_GENERATOR DEB TXZ)
set(CPACK_INSTALL_CMAKE_PROJECTS ${CMAKE_BINARY_DIR} fcclip program / ${CMAKE_BINARY_DIR} fcclip development /)
set(CPACK_PACKAGE_NAME fcclip)
set(CPACK_PACKAGE_CONTACT "${FCCLIP_MAINTAINER}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "open-vocabulary panoptic, instance and semantic segmentation")
string(TOLOWER ${CMAKE_SYSTEM_NAME} system)
set(CPACK_PACKAGE_FILE_NAME fcclip-${PROJECT_VERSION}-${system}-${CMAKE_SYSTEM_PROCESSOR})
set(CPACK_STRIP_FILES ON)
set(CPACK_THREADS 0)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/cmake/FcclipPackageFiles.cmake)
set(CPACK_POST_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/cmake/FcclipRepack.cmake)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE none)  # FcclipRepack.cmake does it
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_DEPENDS fonts-dejavu-core)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${FCCLIP_TORCH_ROOT}/lib)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${control}/shlibs ${control}/triggers)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Finds in pictures what is named in words, and which pixels belong to it: no
list of classes was fixed when the model was trained. The method is FC-CLIP.
The package holds the program fcclip (a command line, an HTTP service with a
page, training and evaluation), a small model, the C++ and C library with its
headers, and the libraries of LibTorch that these need.")

# What FcclipPackageFiles.cmake needs to know.
set(CPACK_FCCLIP_DEBIAN ${debian})
set(CPACK_FCCLIP_CHANGELOG ${control}/changelog)
set(CPACK_FCCLIP_LIBDIR ${CMAKE_INSTALL_LIBDIR})
set(CPACK_FCCLIP_DATADIR ${CMAKE_INSTALL_DATADIR})
set(CPACK_FCCLIP_VERSION ${PROJECT_VERSION})
set(CPACK_FCCLIP_STRIP ${CMAKE_STRIP})
set(CPACK_FCCLIP_TORCH_ROOT ${FCCLIP_TORCH_ROOT})
include(CPack)
