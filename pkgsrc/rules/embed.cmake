# The texts of the rules (KPxxx.md) as one C file, rules/table.inc. They are English, of which a byte pair code leaves
# little more than half: a byte from 128 on stands for two others (pairs.cmake), which may stand for two again. Written
# while configuring, so that nothing but CMake is needed; a changed text configures anew. A text that is not in the form
# that text.h describes ends the build here.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/pairs.cmake)

set(longest 3900) # bytes of a text: below what the C standard promises for a string, and enough

# `byte_N`: the byte N as a string, for what cannot be written here; `octal_N`: how C writes it.
foreach(code RANGE 1 255)
  string(ASCII ${code} byte_${code})
endforeach()
foreach(code RANGE 128 255)
  math(EXPR high "${code} / 64")
  math(EXPR middle "${code} / 8 % 8")
  math(EXPR low "${code} % 8")
  set(octal_${code} "\\${high}${middle}${low}")
endforeach()

set(code 128)
set(pair_rows "")
foreach(pair IN LISTS pairs)
  string(REPLACE " " ";" pair "${pair}")
  list(GET pair 0 first_${code})
  list(GET pair 1 second_${code})
  string(APPEND pair_rows "    {${first_${code}}, ${second_${code}}},\n")
  math(EXPR code "${code} + 1")
endforeach()

function(kps_rule_pack text result)
  foreach(code RANGE 128 255)
    string(REPLACE "${byte_${first_${code}}}${byte_${second_${code}}}" "${byte_${code}}" text "${text}")
  endforeach()
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\n" "\\n" text "${text}")
  foreach(code RANGE 128 255)
    string(REPLACE "${byte_${code}}" "${octal_${code}}" text "${text}")
  endforeach()
  set(${result} "${text}" PARENT_SCOPE)
endfunction()

# One text as C: its string in `strings`, its row of the table in `rows`.
function(kps_rule_embed path)
  get_filename_component(id "${path}" NAME_WE)
  string(SUBSTRING "${id}" 2 -1 number)
  file(READ "${path}" text)
  string(LENGTH "${text}" length)
  set(form "^# ${id} [a-z0-9-]+\n\nSeverity: [a-z/]+\n\n[^\n]+\n")
  foreach(section What Why Example Error Fix Ignore)
    string(APPEND form "\n## ${section}\n\n.+")
  endforeach()
  if(length GREATER longest OR NOT text MATCHES "${form}\n$")
    message(FATAL_ERROR "${id}.md: longer than ${longest} bytes, or not in the form that text.h describes")
  endif()
  kps_rule_pack("${text}" text)
  set(strings "${strings}static const char ${id}[] = \"${text}\";\n" PARENT_SCOPE)
  set(rows "${rows}    {${number}, sizeof(${id}) - 1, ${id}},\n" PARENT_SCOPE)
endfunction()

file(GLOB texts CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/KP[0-9][0-9][0-9].md)
list(SORT texts)
set(strings "")
set(rows "")
foreach(path IN LISTS texts)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
  kps_rule_embed(${path})
endforeach()
# @ONLY: the texts have ${NAME} in them
file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/table.inc @ONLY CONTENT
"/* Made by embed.cmake from the texts in pkgsrc/rules. */
static const unsigned char pairs[128][2] = {
@pair_rows@};
@strings@
static const struct packed packed[] = {
@rows@};
")
