# fcclip_video: films and their tracks. Included by fcclip/CMakeLists.txt.
fcclip_library(video DEPENDS core io ops nn classify results segmenter image draw outputs runs)
file(RELATIVE_PATH video_folder /${CMAKE_INSTALL_BINDIR} /${FCCLIP_PRIVATE_LIBDIR})
target_compile_definitions(fcclip_video PRIVATE FCCLIP_VIDEO_FOLDER="${video_folder}")

# FFmpeg in a library of its own, which the program opens when it is asked for a film: without it, all else works. Wheels go
# without: they would have to carry FFmpeg.
option(FCCLIP_VIDEO "Read and write films with FFmpeg's libraries, where they are" ON)
if(FCCLIP_VIDEO)
  pkg_check_modules(FFMPEG QUIET IMPORTED_TARGET libavformat>=59 libavcodec>=59 libswscale>=6 libavutil>=57)
  if(NOT FFMPEG_FOUND)
    message(STATUS "No FFmpeg (libavformat-dev, libavcodec-dev, libswscale-dev): no films, only folders of frames")
  endif()
endif()
if(FCCLIP_VIDEO AND FFMPEG_FOUND)
  file(GLOB film_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/fcclip/video/ffmpeg/*.cpp)
  add_library(fcclip_film MODULE ${film_sources})
  fcclip_common_options(fcclip_film)
  target_link_libraries(fcclip_film PRIVATE PkgConfig::FFMPEG ${CMAKE_DL_LIBS})
  set_target_properties(fcclip_film PROPERTIES PREFIX lib OUTPUT_NAME fcclip_video
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/${FCCLIP_PRIVATE_LIBDIR})
  add_dependencies(fcclip_video fcclip_film)
  if(NOT FCCLIP_WHEEL)
    install(TARGETS fcclip_film LIBRARY DESTINATION ${FCCLIP_PRIVATE_LIBDIR} COMPONENT program)
  endif()
endif()
