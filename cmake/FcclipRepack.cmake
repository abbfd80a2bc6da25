# Run by cpack on the .deb. To a package with a library in /usr/lib cpack adds scripts that call ldconfig, which the trigger
# does already, and a package with scripts leaves a record behind when it is removed. Packed anew without them, and small.
cmake_policy(VERSION 3.22)
foreach(package ${CPACK_PACKAGE_FILES})
  if(package MATCHES "[.]deb$")
    set(files ${CPACK_TEMPORARY_DIRECTORY}/repacked)
    file(REMOVE_RECURSE ${files})
    execute_process(COMMAND dpkg-deb --raw-extract ${package} ${files} COMMAND_ERROR_IS_FATAL ANY)
    file(REMOVE ${files}/DEBIAN/postinst ${files}/DEBIAN/postrm)
    execute_process(COMMAND dpkg-deb --root-owner-group -Zxz -z9 --build ${files} ${package} COMMAND_ERROR_IS_FATAL ANY)
    file(REMOVE_RECURSE ${files})
  endif()
endforeach()
