# Split phrases.txt into `phrase_rows`, the lines IS(..), SAYS(..) and REFUSES(..), and `phrase_words`, the phrases: one a
# line, with an empty line before the phrases of the next row.
set(path ${PROJECT_SOURCE_DIR}/pkgsrc/diagnose/phrases.txt)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
file(READ ${path} text)
string(REGEX REPLACE "\n//[^\n]*" "" text "\n${text}")
string(REGEX REPLACE "\n\n+" "\n" text "${text}")
set(row "\n(IS|SAYS|REFUSES)\\([^\n]*\\)\n")
string(REGEX MATCHALL "${row}" phrase_rows "${text}")
string(JOIN "" phrase_rows ${phrase_rows})
string(REGEX REPLACE "${row}" "\n\n" phrase_words "${text}")
string(STRIP "${phrase_words}" phrase_words)
