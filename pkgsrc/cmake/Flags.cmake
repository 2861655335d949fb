# Warnings, hardening and sanitizers for our own code, as one interface library that every target links PRIVATE.
include(CheckCCompilerFlag)
include(CheckLinkerFlag)

add_library(kps_flags INTERFACE)
target_compile_definitions(kps_flags INTERFACE _GNU_SOURCE) # memmem, qsort_r, newlocale; musl has them too

set(warnings
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wformat=2 -Wvla -Walloca -Wcast-qual
    -Wpointer-arith -Wwrite-strings -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wswitch-enum
    -Wimplicit-fallthrough -Wnull-dereference -fno-common)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  list(APPEND warnings -Wduplicated-cond -Wlogical-op -Warray-bounds=2)
endif()
target_compile_options(kps_flags INTERFACE ${warnings})
if(KPS_WERROR)
  target_compile_options(kps_flags INTERFACE -Werror)
endif()

# Locations in messages and debug information must not depend on where the checkout lies (reproducible builds).
target_compile_options(kps_flags INTERFACE "-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.")

if(KPS_SANITIZE)
  target_compile_options(kps_flags INTERFACE "-fsanitize=${KPS_SANITIZE}" -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(kps_flags INTERFACE "-fsanitize=${KPS_SANITIZE}")
elseif(KPS_HARDEN)
  foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
               -mbranch-protection=standard -ftrivial-auto-var-init=zero)
    string(MAKE_C_IDENTIFIER "KPS_HAS${flag}" has)
    check_c_compiler_flag(${flag} ${has})
    if(${has})
      target_compile_options(kps_flags INTERFACE ${flag})
    endif()
  endforeach()
  if(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
    target_compile_options(kps_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
  endif()
  # The linker marks a program for CET when all of its parts are marked, and the start files of some C libraries are not.
  # Their code keeps to a shadow stack all the same; for IBT it would need instructions that only the library can bring.
  foreach(flag -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,-z,shstk -Wl,--as-needed)
    if(flag MATCHES "relro$" AND CMAKE_EXE_LINKER_FLAGS MATCHES "-z,norelro")
      continue() # the caller knows better: manifests/static/build.sh
    endif()
    string(MAKE_C_IDENTIFIER "KPS_LINKS${flag}" has)
    check_linker_flag(C ${flag} ${has})
    if(${has})
      target_link_options(kps_flags INTERFACE ${flag})
    endif()
  endforeach()
endif()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(KPS_LTO)
  include(CheckIPOSupported)
  check_ipo_supported(RESULT has_lto LANGUAGES C)
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ${has_lto})
  if(has_lto AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
    target_link_options(kps_flags INTERFACE -flto-partition=one) # what is called once is inlined wherever it stands
  endif()
endif()

if(KPS_ARENA_DEBUG)
  target_compile_definitions(kps_flags INTERFACE KPS_ARENA_DEBUG)
endif()

# Nothing unwinds a stack of ours, and packed relocations are a tenth of the others: together a sixth of the program.
if(NOT KPS_SANITIZE AND NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_options(kps_flags INTERFACE -fno-asynchronous-unwind-tables -fno-unwind-tables)
  check_linker_flag(C -Wl,-z,pack-relative-relocs KPS_LINKS_RELR)
  if(KPS_LINKS_RELR)
    target_link_options(kps_flags INTERFACE -Wl,-z,pack-relative-relocs)
  endif()
endif()

# Code that runs once in a run is made small, code that runs for every line of the input fast. -Oz of gcc still copies small
# functions to their callers, loop conditions and jumps before the loop, and computes ahead of time what needs a register
# across calls: without these passes the program is smaller by 30,000 bytes and no check slower.
check_c_compiler_flag(-Oz KPS_HAS_OZ) # gcc from 12, clang
set(small_level $<IF:$<BOOL:${KPS_HAS_OZ}>,-Oz,-Os>)
set(small ${small_level})
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  list(APPEND small
    -fno-inline-small-functions -fno-tree-ch -fno-thread-jumps -fno-tree-pre -fno-tree-dominator-opts -fno-tree-loop-im
    -fno-move-loop-invariants -fno-tree-sra -fno-code-hoisting -fno-tree-sink -fno-caller-saves
    -fno-guess-branch-probability -fno-align-functions -fno-align-loops -fno-align-jumps -fno-align-labels
    --param=large-stack-frame=500 --param=large-stack-frame-growth=100) # far places on the stack have long addresses
  # The linker resolves all functions at the start (-z now), so a call needs no stub. A static program has no stubs, and
  # a call through an address in memory is 8 bytes longer on ARM.
  if(NOT CMAKE_EXE_LINKER_FLAGS MATCHES "-static")
    list(APPEND small -fno-plt)
  endif()
endif()
if(KPS_LTO)
  target_link_options(kps_flags INTERFACE $<$<CONFIG:Release>:${small_level}>) # texts need no alignment then
endif()
set(KPS_SMALL "$<$<CONFIG:Release>:${small}>")
function(kps_small target)
  target_compile_options(${target} PRIVATE ${KPS_SMALL})
endfunction()

# kps_library(NAME SOURCES a.c b.c USES other ours PRIVATE third-party): the static library kps_NAME of one folder of
# pkgsrc. USES are the folders it may include (the lint test checks the includes against the same table). SMALL: see
# kps_small.
function(kps_library name)
  cmake_parse_arguments(arg "SMALL" "" "SOURCES;USES;PRIVATE" ${ARGN})
  add_library(kps_${name} STATIC ${arg_SOURCES})
  target_include_directories(kps_${name} PUBLIC ${PROJECT_SOURCE_DIR}/pkgsrc)
  foreach(used ${arg_USES})
    target_link_libraries(kps_${name} PUBLIC kps_${used})
  endforeach()
  target_link_libraries(kps_${name} PRIVATE kps_flags ${arg_PRIVATE})
  if(arg_SMALL)
    kps_small(kps_${name})
  endif()
endfunction()
