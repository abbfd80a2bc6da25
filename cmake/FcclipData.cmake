# What the program looks for in share/fcclip, in the build folder as in an installation: the bundled model, CLIP's merges
# and a font. The last two belong to other packages and are taken from where those put them.
find_file(FCCLIP_MERGES bpe_simple_vocab_16e6.txt.gz DOC "CLIP's merge file, of the package open_clip_torch"
  HINTS ${FCCLIP_TORCH_ROOT}/../open_clip NO_DEFAULT_PATH)
set(font_places HINTS /usr/share/fonts PATH_SUFFIXES truetype/dejavu dejavu dejavu-sans-fonts TTF NO_DEFAULT_PATH)
find_file(FCCLIP_FONT DejaVuSans.ttf DOC "A font for overlays where none is installed" ${font_places})
find_file(FCCLIP_BOLD_FONT DejaVuSans-Bold.ttf DOC "Its bold letters: names in overlays" ${font_places})

set(fcclip_data_folder ${CMAKE_BINARY_DIR}/${CMAKE_INSTALL_DATADIR}/fcclip)
add_custom_target(fcclip_share)

# fcclip_data_file(FILE SUBFOLDER): copied when it changes, installed with the program.
function(fcclip_data_file file subfolder)
  if(NOT EXISTS "${file}")
    return()
  endif()
  get_filename_component(name ${file} NAME)
  set(copy ${fcclip_data_folder}/${subfolder}${name})
  add_custom_command(OUTPUT ${copy} DEPENDS ${file}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${fcclip_data_folder}/${subfolder}
    COMMAND ${CMAKE_COMMAND} -E copy ${file} ${copy})
  string(MAKE_C_IDENTIFIER fcclip_share_${name} target)
  add_custom_target(${target} DEPENDS ${copy})
  add_dependencies(fcclip_share ${target})
  install(FILES ${file} DESTINATION ${CMAKE_INSTALL_DATADIR}/fcclip/${subfolder} COMPONENT program)
endfunction()

fcclip_data_file(${CMAKE_SOURCE_DIR}/models/mini.safetensors "")
fcclip_data_file(${CMAKE_SOURCE_DIR}/models/mini.rows.safetensors "")
fcclip_data_file("${FCCLIP_MERGES}" "")
fcclip_data_file("${FCCLIP_FONT}" fonts/)
fcclip_data_file("${FCCLIP_BOLD_FONT}" fonts/)
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
