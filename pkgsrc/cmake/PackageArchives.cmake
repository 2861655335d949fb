# Run by cpack for the archive. Its own archives carry the name of who built them and files in the order they came, so
# GNU tar writes this one: sorted, owned by root, readable by all, of one time (SOURCE_DATE_EPOCH, or now).
set(time "$ENV{SOURCE_DATE_EPOCH}")
if(time STREQUAL "")
  string(TIMESTAMP time "%s" UTC)
endif()
find_program(tar NAMES gtar tar REQUIRED)
list(GET CPACK_INSTALL_CMAKE_PROJECTS 0 build)
set(stage ${CPACK_PACKAGE_DIRECTORY}/stage)
file(REMOVE_RECURSE ${stage})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${build} --strip --prefix ${stage}/${CPACK_PACKAGE_FILE_NAME}
                OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
set(archive ${CPACK_PACKAGE_DIRECTORY}/${CPACK_PACKAGE_FILE_NAME}.tar.gz)
execute_process(
  COMMAND ${tar} --sort=name --format=ustar --mtime=@${time} --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX
          -C ${stage} -cf - ${CPACK_PACKAGE_FILE_NAME}
  COMMAND gzip -9n OUTPUT_FILE ${archive} COMMAND_ERROR_IS_FATAL ANY)
list(APPEND CPACK_EXTERNAL_BUILT_PACKAGES ${archive})
file(REMOVE_RECURSE ${stage})
