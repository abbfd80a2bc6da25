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
target_compile_definitions(fcclip_serve PRIVATE BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_NO_TS_EXECUTORS)
# Beast 1.81 asserts that the last chunk comes with what follows it, which is the client's to decide; without the assertion
# it waits for more, as it should. Public: its parser is in headers.
target_compile_definitions(fcclip_serve PUBLIC BOOST_DISABLE_ASSERTS)
if(FCCLIP_SANITIZE STREQUAL "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(fcclip_serve PRIVATE -Wno-tsan)  # Asio's fences, beside which it has locks
endif()
# Asio's and Beast's headers are read once, Boost's sources need no precompiled LibTorch.
get_target_property(serve_sources fcclip_serve SOURCES)
set_source_files_properties(${serve_sources} PROPERTIES UNITY_GROUP routes)
set_source_files_properties(serve/connection.cpp serve/http_server.cpp serve/request_parser.cpp PROPERTIES UNITY_GROUP sockets)
set_target_properties(fcclip_serve PROPERTIES UNITY_BUILD_MODE GROUP)
if(FCCLIP_FUZZ AND CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # Clang 14 cannot place the tables that its sanitizers make of a coroutine; a precompiled header has one set of them for
  # all. request_parser, with which the fuzzers read, has no coroutine; GCC's AddressSanitizer sees these two files.
  set_source_files_properties(serve/connection.cpp serve/http_server.cpp PROPERTIES
    COMPILE_OPTIONS -fno-sanitize=all SKIP_PRECOMPILE_HEADERS ON)
endif()
set_source_files_properties(serve/target.cpp PROPERTIES SKIP_PRECOMPILE_HEADERS ON SKIP_UNITY_BUILD_INCLUSION ON)
set(page ${CMAKE_SOURCE_DIR}/web)
embed_files(fcclip_serve ${page}/index.html ${page}/page.css ${page}/page.js ${page}/icon.svg ${page}/openapi.json
  ${CMAKE_SOURCE_DIR}/examples/pictures/scene.png)
