# What is installed, and where. Manual pages and changelogs are compressed as Debian wants them: without a name or a
# time in them, so that the same inputs give the same bytes.
include(GNUInstallDirs)
find_program(KPS_GZIP gzip REQUIRED)

# kps_install_gzip(FILE AS FOLDER COMPONENT ...): FILE as FOLDER/AS.gz; the rest is handed to install()
function(kps_install_gzip file as folder component)
  set(packed ${PROJECT_BINARY_DIR}/packed/${as}.gz)
  add_custom_command(OUTPUT ${packed} COMMAND ${KPS_GZIP} -9nc ${file} > ${packed} DEPENDS ${file} VERBATIM)
  set_property(GLOBAL APPEND PROPERTY KPS_PACKED ${packed})
  install(FILES ${packed} DESTINATION ${folder} COMPONENT ${component} ${ARGN})
endfunction()

set(man ${PROJECT_SOURCE_DIR}/manifests/man)
set(completions ${PROJECT_SOURCE_DIR}/manifests/completions)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/packed)

install(TARGETS kportscan COMPONENT program)

# The Docker CLI looks for plugins below libexec of /usr and /usr/local; the name makes the program one.
set(plugin ${PROJECT_BINARY_DIR}/docker-kportscan)
file(CREATE_LINK ../../../${CMAKE_INSTALL_BINDIR}/kportscan ${plugin} SYMBOLIC)
install(FILES ${plugin} DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/docker/cli-plugins COMPONENT program)
file(GLOB pages CONFIGURE_DEPENDS ${man}/*.[1-8])
foreach(page ${pages})
  cmake_path(GET page EXTENSION LAST_ONLY section)
  string(SUBSTRING ${section} 1 1 section)
  cmake_path(GET page FILENAME name)
  kps_install_gzip(${page} ${name} ${CMAKE_INSTALL_MANDIR}/man${section} program)
endforeach()
if(EXISTS ${completions})
  install(FILES ${completions}/kportscan.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
          RENAME kportscan COMPONENT program)
  # zsh of Debian looks for those of packages elsewhere than for those of /usr/local
  install(FILES ${completions}/_kportscan DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions COMPONENT elsewhere)
  install(FILES ${completions}/_kportscan DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT debian
          EXCLUDE_FROM_ALL)
  install(FILES ${completions}/kportscan.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d
          COMPONENT program)
  # fish looks below /usr/local only where XDG_DATA_DIRS names it, as a desktop does and ssh does not; /etc/fish is the
  # administrator's, and looked at always
  install(CODE "
    if(CMAKE_INSTALL_PREFIX STREQUAL \"/usr/local\")
      file(INSTALL \"${completions}/kportscan.fish\" DESTINATION /etc/fish/completions)
    endif()" COMPONENT by-hand)
endif()
install(FILES ${PROJECT_SOURCE_DIR}/manifests/schema/report.schema.json
        DESTINATION ${CMAKE_INSTALL_DATADIR}/kportscan/schema COMPONENT program)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/manifests/kubernetes DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
install(FILES ${PROJECT_SOURCE_DIR}/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
kps_install_gzip(${PROJECT_SOURCE_DIR}/CHANGELOG.md changelog ${CMAKE_INSTALL_DOCDIR} program)

# Debian names the licence in "copyright" and has its text elsewhere; every other place gets the text itself.
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT elsewhere)
install(FILES ${PROJECT_SOURCE_DIR}/manifests/debian/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT debian
        EXCLUDE_FROM_ALL)
kps_install_gzip(${PROJECT_SOURCE_DIR}/manifests/debian/changelog changelog.Debian ${CMAKE_INSTALL_DOCDIR} debian
                 EXCLUDE_FROM_ALL)

get_property(packed GLOBAL PROPERTY KPS_PACKED)
add_custom_target(packed ALL DEPENDS ${packed})
