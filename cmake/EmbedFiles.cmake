# embed_files(TARGET name.txt ...): each data file becomes bytes in the library, reached as
# fcclip_embedded_<name with _ for .>_begin / _end. Assembly's .incbin keeps the build fast and the files readable.
function(embed_files target)
  foreach(file ${ARGN})
    get_filename_component(name ${file} NAME)
    string(MAKE_C_IDENTIFIER ${name} symbol)
    set(out ${CMAKE_CURRENT_BINARY_DIR}/embed_${symbol}.S)
    get_filename_component(path ${file} ABSOLUTE)
    file(WRITE ${out}.in
      ".section .rodata\n.global fcclip_embedded_${symbol}_begin\n.hidden fcclip_embedded_${symbol}_begin\n"
      ".global fcclip_embedded_${symbol}_end\n.hidden fcclip_embedded_${symbol}_end\n.balign 16\n"
      "fcclip_embedded_${symbol}_begin:\n.incbin \"${path}\"\nfcclip_embedded_${symbol}_end:\n.byte 0\n"
      ".section .note.GNU-stack,\"\",@progbits\n")
    configure_file(${out}.in ${out} COPYONLY)
    set_source_files_properties(${out} PROPERTIES OBJECT_DEPENDS ${path} SKIP_PRECOMPILE_HEADERS ON)
    target_sources(${target} PRIVATE ${out})
  endforeach()
endfunction()
