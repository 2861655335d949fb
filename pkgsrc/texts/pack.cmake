# Pack the texts of the rules (rules/KPxxx.md, each behind its title of diag/rules.def) and the pages of pages.def into one C
# file, texts/table.inc. A code of 12 bits is a byte or, from 256 on, stands for two other codes (pairs.cmake), which may
# stand for two again; a third of the bytes is left. CMake does it while configuring, so that no other program is needed; a
# changed text configures again. A rule's text that is not in the form that rules/text.h describes ends the build here.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/pairs.cmake)
include(${PROJECT_SOURCE_DIR}/pkgsrc/diagnose/split_phrases.cmake)

set(longest 3900) # bytes of a rule's text: enough, and an editor's mistake ends the build

# Add a text to `all`, behind the code 000, which no pair has. A code is three hexadecimal digits and a comma.
set(all "")
set(rows "")
function(kps_text_add key text)
  string(LENGTH "${text}" length)
  string(HEX "${text}" bytes)
  string(REGEX REPLACE "(..)" "0\\1," codes "${bytes}")
  set(all "${all}000,${codes}" PARENT_SCOPE)
  set(rows ${rows} "${key}, ${length}" PARENT_SCOPE)
endfunction()

# Codes as the bytes of a C array, three for two codes.
function(kps_text_bytes codes result)
  string(REPLACE "," "" digits "${codes}0")
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${digits}")
  set(${result} "${bytes}" PARENT_SCOPE)
endfunction()

set(definitions ${PROJECT_SOURCE_DIR}/pkgsrc/diag/rules.def)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${definitions})
file(READ ${definitions} definitions)
file(GLOB texts CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/pkgsrc/rules/KP[0-9][0-9][0-9].md)
list(SORT texts)
foreach(path IN LISTS texts)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
  get_filename_component(id "${path}" NAME_WE)
  string(SUBSTRING "${id}" 2 -1 rule)
  file(READ "${path}" text)
  string(LENGTH "${text}" length)
  set(form "^# ${id} [a-z0-9-]+\n\nSeverity: [a-z/]+\n\n[^\n]+\n")
  foreach(section What Why Example Error Fix Ignore)
    string(APPEND form "\n## ${section}\n\n.+")
  endforeach()
  if(length GREATER longest OR NOT text MATCHES "${form}\n$")
    message(FATAL_ERROR "${id}.md: longer than ${longest} bytes, or not in the form that rules/text.h describes")
  endif()
  if(NOT definitions MATCHES "\nRULE\\(${rule}, [^\n]*\"([^\n\"]+)\"\\)\n")
    message(FATAL_ERROR "${id}.md: rules.def has no such rule")
  endif()
  set(title "${CMAKE_MATCH_1}")
  kps_text_add(${rule} "${title}\n${text}")
endforeach()

set(pages ${CMAKE_CURRENT_LIST_DIR}/pages.def)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${pages})
file(READ ${pages} pages)
string(REGEX MATCHALL "PAGE\\([A-Z_]+, \"[^\"]+" pages "${pages}")
set(page 0)
foreach(entry IN LISTS pages)
  string(REGEX REPLACE ".*\"" "" path "${entry}")
  set(path ${PROJECT_SOURCE_DIR}/pkgsrc/${path})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
  file(READ "${path}" text)
  string(REGEX REPLACE "\n//[^\n]*" "" text "\n${text}")
  string(REGEX REPLACE "^\n" "" text "${text}")
  if(entry MATCHES "PHRASES")
    set(text "${phrase_words}")
  endif()
  math(EXPR page "${page} + 1")
  kps_text_add(${page} "${text}")
endforeach()

foreach(pair IN LISTS pairs)
  string(REPLACE " " "," parts "${pair},")
  string(SUBSTRING "${parts}" 0 4 code)
  string(SUBSTRING "${parts}" 4 -1 parts)
  string(REPLACE "${parts}" "${code}" all "${all}")
endforeach()

# The pairs, sorted by their codes. Their first parts ascend, so bits hold them: a 0 is a step to the next code, a 1 a pair.
list(SORT pairs)
list(LENGTH pairs pair_count)
set(steps "")
set(seconds "")
set(first 0)
foreach(pair IN LISTS pairs)
  string(REPLACE " " ";" pair "${pair}")
  list(GET pair 1 2 parts)
  list(POP_FRONT parts next)
  math(EXPR zeros "0x${next} - ${first}")
  math(EXPR first "0x${next}")
  string(REPEAT "0" ${zeros} zeros)
  string(APPEND steps "${zeros}1")
  string(APPEND seconds "${parts},")
endforeach()
string(REGEX REPLACE "(....)" "\\1," steps "${steps}000")
string(REGEX REPLACE ",[01]*$" "," steps "${steps}")
set(digits 0 1 2 3 4 5 6 7 8 9 a b c d e f)
set(bits 0000 0001 0010 0011 0100 0101 0110 0111 1000 1001 1010 1011 1100 1101 1110 1111)
foreach(digit four IN ZIP_LISTS digits bits)
  string(REPLACE "${four}," "${digit}" steps "${steps}")
endforeach()
kps_text_bytes("${steps}" steps)
kps_text_bytes("${seconds}" seconds)

string(REPLACE "000," ";" texts "${all}")
list(POP_FRONT texts)
set(table "")
set(codes "")
set(n 0)
foreach(row text IN ZIP_LISTS rows texts)
  string(APPEND table "    {${row}, ${n}},\n")
  string(APPEND codes "${text}")
  string(LENGTH "${text}" length)
  math(EXPR n "${n} + ${length} / 4")
endforeach()
kps_text_bytes("${codes}" codes)
file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/table.inc @ONLY CONTENT
"/* Made by pack.cmake. */
enum { PAIRS = @pair_count@ };
static const uint8_t first_steps[] = {@steps@};
static const uint8_t seconds[] = {@seconds@};
static const uint8_t codes[] = {@codes@};
static const struct packed packed[] = {
@table@    {0, 0, @n@},
};
")
