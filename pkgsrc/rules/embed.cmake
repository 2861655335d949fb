# The texts of the rules (KPxxx.md) as one C file, rules/table.inc: every text as a string, and where its sections lie.
# Written while configuring, so that nothing but CMake is needed; a changed text configures anew. A text that is not in
# the form that text.h describes ends the build here.
cmake_minimum_required(VERSION 3.25)

set(sections "What" "Why" "Example" "Error" "Fix" "Ignore")
set(longest 3900) # the C standard promises string literals of 4095 bytes

# The part of `text` from `begin` to `end` without the blank lines around it, as the initializer of a struct kps_sv.
function(kps_rule_slice id text begin end result)
  math(EXPR length "${end} - ${begin}")
  string(SUBSTRING "${text}" ${begin} ${length} part)
  string(STRIP "${part}" part)
  string(LENGTH "${part}" length)
  if(length EQUAL 0)
    message(FATAL_ERROR "${id}.md: there is an empty section")
  endif()
  string(SUBSTRING "${text}" ${begin} -1 rest)
  string(FIND "${rest}" "${part}" inside)
  math(EXPR begin "${begin} + ${inside}")
  set(${result} "{${id} + ${begin}, ${length}}" PARENT_SCOPE)
endfunction()

# One text as C: its string in `strings`, its row of the table in `rows`.
function(kps_rule_embed path)
  get_filename_component(id "${path}" NAME_WE)
  string(SUBSTRING "${id}" 2 -1 number)
  file(READ "${path}" text)
  string(LENGTH "${text}" length)
  if(length GREATER longest OR NOT text MATCHES "^# ${id} [a-z0-9-]+\n\nSeverity: ([a-z/]+)\n\n([^\n]+)\n\n## What\n")
    message(FATAL_ERROR "${id}.md: longer than ${longest} bytes, or its head is not as text.h describes it")
  endif()
  set(severity "${CMAKE_MATCH_1}")
  set(summary "${CMAKE_MATCH_2}")

  string(FIND "${text}" "Severity: " at)
  math(EXPR at "${at} + 10")
  string(LENGTH "${severity}" n)
  set(row "{${id} + ${at}, ${n}}")
  math(EXPR at "${at} + ${n} + 2")
  string(LENGTH "${summary}" n)
  string(APPEND row ", {${id} + ${at}, ${n}}")

  set(begins)
  foreach(section IN LISTS sections)
    string(FIND "${text}" "\n## ${section}\n" at)
    if(at LESS 0)
      message(FATAL_ERROR "${id}.md: there is no section '${section}'")
    endif()
    list(APPEND begins ${at})
  endforeach()
  set(ends ${begins} ${length})
  list(POP_FRONT ends)
  foreach(section begin end IN ZIP_LISTS sections begins ends)
    string(LENGTH "\n## ${section}\n" n)
    math(EXPR begin "${begin} + ${n}")
    kps_rule_slice(${id} "${text}" ${begin} ${end} slice)
    string(APPEND row ", ${slice}")
  endforeach()

  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\n" "\\n\"\n    \"" text "${text}")
  set(strings "${strings}static const char ${id}[] =\n    \"${text}\";\n" PARENT_SCOPE)
  set(rows "${rows}    {${number}, {${id}, ${length}}, ${row}},\n" PARENT_SCOPE)
endfunction()

file(GLOB texts CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/KP[0-9][0-9][0-9].md)
list(SORT texts)
set(strings "")
set(rows "")
foreach(path IN LISTS texts)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
  kps_rule_embed(${path})
endforeach()
# file(GENERATE) leaves the file alone when nothing changed, but interprets $<...>; file(CONFIGURE) with @ONLY does not.
file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/table.inc @ONLY CONTENT
"/* Made by embed.cmake from the texts in pkgsrc/rules. */
@strings@
static const struct kps_rule_text texts[] = {
@rows@};
")
