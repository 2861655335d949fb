#ifndef FUZZ_FORMATS_H
#define FUZZ_FORMATS_H

#include "report/report.h"

enum formats_kind { FORMATS_FOR_CHECKS, FORMATS_FOR_QUERIES, FORMATS_FOR_ASSIGN };

/*
 * Render a report in every format of its kind. Each output is UTF-8; JSON can be parsed; no other
 * format has a character that a terminal or XML must not get (kps_utf8_is_unsafe), but line breaks.
 */
void formats_check(const struct kps_report *report, enum formats_kind kind);

/* Check one output, which is a text and no JSON. */
void formats_check_text(struct kps_sv text);

#endif
