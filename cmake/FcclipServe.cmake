# fcclip_serve: the HTTP service. Included by fcclip/CMakeLists.txt.
find_package(Boost 1.81 QUIET)  # Asio, Beast and URL, headers alone
if(NOT Boost_FOUND)
  message(FATAL_ERROR "fcclip serve needs Boost 1.81 or newer: install libboost1.81-dev, or libboost-dev where that is new enough")
endif()
find_package(prometheus-cpp CONFIG REQUIRED)
pkg_check_modules(ARCHIVE REQUIRED IMPORTED_TARGET libarchive)
fcclip_library(serve DEPENDS core text api api_pictures
  LIBRARIES prometheus-cpp::core PkgConfig::ARCHIVE)
target_include_directories(fcclip_serve SYSTEM PRIVATE ${Boost_INCLUDE_DIRS})
target_compile_definitions(fcclip_serve PRIVATE BOOST_ALL_NO_LIB)
# Boost's sources need no precompiled LibTorch.
set_source_files_properties(serve/target.cpp PROPERTIES SKIP_PRECOMPILE_HEADERS ON SKIP_UNITY_BUILD_INCLUSION ON)
set(page ${CMAKE_SOURCE_DIR}/web)
embed_files(fcclip_serve ${page}/index.html ${page}/page.css ${page}/page.js ${page}/icon.svg ${page}/openapi.json
  ${CMAKE_SOURCE_DIR}/examples/pictures/scene.png)
