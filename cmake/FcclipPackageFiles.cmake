# Run by cpack on the installed files, before they are packed: LibTorch is stripped, no path of this machine stays, licences
# come in; for Debian, files go where its policy has them.
cmake_policy(VERSION 3.22)
set(root ${CPACK_TEMPORARY_INSTALL_DIRECTORY})
if(CPACK_GENERATOR STREQUAL "DEB")
  set(root ${root}/usr)
endif()
set(lib ${root}/${CPACK_FCCLIP_LIBDIR})
set(share ${root}/${CPACK_FCCLIP_DATADIR})
set(doc ${share}/doc/fcclip)

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# LibTorch lies in the package; where it was when this was built is nobody's concern.
file(RPATH_SET FILE ${lib}/libfcclip.so.${CPACK_FCCLIP_VERSION} NEW_RPATH "$ORIGIN/fcclip")
file(GLOB libraries ${lib}/fcclip/*.so*)
foreach(library ${libraries})
  run(${CPACK_FCCLIP_STRIP} --strip-unneeded --remove-section=.comment ${library})
  file(CHMOD ${library} PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
endforeach()

# All of LibTorch's licences, as its wheel lists them.
file(GLOB_RECURSE licences ${CPACK_FCCLIP_TORCH_ROOT}/../torch-*.dist-info/licenses/*)
if(NOT licences)
  message(FATAL_ERROR "no licences of LibTorch beside ${CPACK_FCCLIP_TORCH_ROOT}: a package with its libraries must name them")
endif()
list(SORT licences)
set(all ${doc}/libtorch-licences.txt)
file(WRITE ${all} "")
foreach(licence ${licences})
  string(REGEX REPLACE "^.*/licenses/" "" name ${licence})
  file(READ ${licence} text)
  file(APPEND ${all} "==== ${name}\n\n${text}\n\n")
endforeach()
file(COPY ${CPACK_FCCLIP_DEBIAN}/copyright DESTINATION ${doc})

if(CPACK_GENERATOR STREQUAL "DEB")
  file(REMOVE ${doc}/LICENSE)
  file(REMOVE_RECURSE ${share}/fcclip/fonts)  # of the package fonts-dejavu-core
  file(RENAME ${share}/zsh/site-functions ${share}/zsh/vendor-completions)
  file(MAKE_DIRECTORY ${share}/lintian/overrides)
  file(COPY_FILE ${CPACK_FCCLIP_DEBIAN}/lintian-overrides ${share}/lintian/overrides/fcclip)
  file(COPY ${CPACK_FCCLIP_CHANGELOG} DESTINATION ${doc})
  file(GLOB pages ${share}/man/man1/*.1)
  run(gzip -9n ${pages} ${doc}/changelog ${all})
endif()
run(chmod -R u+rwX,go+rX,go-w ${root})
