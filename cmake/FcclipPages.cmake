# Manual pages and what shells complete by, written by the program itself: what it says of its options cannot differ.
# Not where the program built cannot run here, or is not to be installed (sanitizers, fuzzers, the Python package).
if(CMAKE_CROSSCOMPILING AND NOT CMAKE_CROSSCOMPILING_EMULATOR OR FCCLIP_SANITIZE OR FCCLIP_FUZZ OR FCCLIP_WHEEL)
  add_custom_target(fcclip_pages)
  return()
endif()
set(shell_files bash-completion/completions/fcclip zsh/site-functions/_fcclip fish/vendor_completions.d/fcclip.fish)
set(written ${CMAKE_BINARY_DIR}/pages)
add_custom_command(OUTPUT ${written}/done DEPENDS fcclip fcclip_program cmake/FcclipWritePages.cmake
  COMMAND ${CMAKE_COMMAND} "-DPROGRAM=${CMAKE_CROSSCOMPILING_EMULATOR};$<TARGET_FILE:fcclip>" -DOUT=${written}
    "-DSHELL_FILES=${shell_files}" -P ${CMAKE_SOURCE_DIR}/cmake/FcclipWritePages.cmake VERBATIM)
add_custom_target(fcclip_pages ALL DEPENDS ${written}/done)

# Where only the program was built there are none.
install(DIRECTORY ${written}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR} COMPONENT program OPTIONAL)
foreach(file ${shell_files})
  get_filename_component(folder ${file} DIRECTORY)
  install(FILES ${written}/${file} DESTINATION ${CMAKE_INSTALL_DATADIR}/${folder} COMPONENT program OPTIONAL)
endforeach()
