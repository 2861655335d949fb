# The texts of the rules (KPxxx.md, each behind its title of diag/rules.def) and the pages (*.txt) as one C file, rules/table.inc. They are English, of which a pair
# code leaves a third: a code of 11 bits is an ASCII character or, from 128 on, stands for two other codes (pairs.cmake),
# which may stand for two again. Written while configuring, so that nothing but CMake is needed; a changed text configures
# anew. A text that is not in the form that text.h describes ends the build here.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/pairs.cmake)

set(longest 3900) # bytes of a text: enough, and an editor's mistake ends the build

# `char_N`: how a text has the code N while it is packed, as the character U+N of UTF-8; `code_HEX`: the code of these bytes.
foreach(code RANGE 1 2047)
  if(code LESS 128)
    string(ASCII ${code} char_${code})
  else()
    math(EXPR lead "192 + ${code} / 64")
    math(EXPR rest "128 + ${code} % 64")
    string(ASCII ${lead} ${rest} char_${code})
  endif()
  string(HEX "${char_${code}}" hex)
  set(code_${hex} ${code})
endforeach()

# Numbers of 11 bits as 32-bit words, the first one in the lowest bits.
function(kps_rule_words numbers result)
  set(words "")
  set(held 0)
  set(bits 0)
  foreach(number IN LISTS numbers)
    math(EXPR held "${held} | (${number} << ${bits})")
    math(EXPR bits "${bits} + 11")
    if(bits GREATER_EQUAL 32)
      math(EXPR word "${held} & 0xffffffff")
      math(EXPR held "${held} >> 32")
      math(EXPR bits "${bits} - 32")
      string(APPEND words "${word}U,\n")
    endif()
  endforeach()
  set(${result} "${words}${held}U,\n0U,\n" PARENT_SCOPE)
endfunction()

# All texts in one, each behind the character 1, which no pair has.
set(definitions ${CMAKE_CURRENT_LIST_DIR}/../diag/rules.def)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${definitions})
file(READ ${definitions} definitions)
set(all "")
set(keys "")
file(GLOB texts CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/KP[0-9][0-9][0-9].md)
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
    message(FATAL_ERROR "${id}.md: longer than ${longest} bytes, or not in the form that text.h describes")
  endif()
  if(NOT definitions MATCHES "\nRULE\\(${rule}, [^\n]*\"([^\n\"]+)\"\\)\n")
    message(FATAL_ERROR "${id}.md: rules.def has no such rule")
  endif()
  string(APPEND all "${char_1}${CMAKE_MATCH_1}\n${text}")
  list(APPEND keys ${rule})
endforeach()
set(page 1) # their order is that of enum kps_rule_page
foreach(name docker-hook help html)
  set(path ${CMAKE_CURRENT_LIST_DIR}/${name}.txt)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
  file(READ "${path}" text)
  string(APPEND all "${char_1}${text}")
  list(APPEND keys ${page})
  math(EXPR page "${page} + 1")
endforeach()

set(pair_numbers "")
set(code 128)
foreach(pair IN LISTS pairs)
  string(REPLACE " " ";" pair "${pair}")
  list(GET pair 0 first)
  list(GET pair 1 second)
  string(REPLACE "${char_${first}}${char_${second}}" "${char_${code}}" all "${all}")
  list(APPEND pair_numbers ${first} ${second})
  math(EXPR code "${code} + 1")
endforeach()
kps_rule_words("${pair_numbers}" pair_words)

string(HEX "${all}" all)
string(REGEX MATCHALL "[0-7].|[cd]..." all "${all}")
set(numbers "")
set(rows "")
set(n 0)
foreach(hex IN LISTS all)
  if(hex STREQUAL "01")
    list(POP_FRONT keys key)
    string(APPEND rows "    {${key}, ${n}},\n")
  else()
    list(APPEND numbers ${code_${hex}})
    math(EXPR n "${n} + 1")
  endif()
endforeach()
kps_rule_words("${numbers}" code_words)
file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/table.inc @ONLY CONTENT
"/* Made by embed.cmake from the texts in pkgsrc/rules. */
static const uint32_t pairs[] = {
@pair_words@};
static const uint32_t codes[] = {
@code_words@};
static const struct packed packed[] = {
@rows@    {0, @n@},
};
")
