#ifndef KPS_DIAGNOSE_MERGE_H
#define KPS_DIAGNOSE_MERGE_H

#include "diagnose/scan.h"

/*
 * One failure, one symptom, however often and in however many lines a log speaks of it: the same
 * port again is a repeat, another address of it joins the list, an error that names no port takes
 * it from the lines beside it ("Is another postmaster already running on port 5432?"), and one that
 * names none next to one that does is that one's echo.
 */

/* Whether it says where: a port, or the path of a socket. */
bool kps_symptom_has_place(const struct kps_symptom *symptom);

/* Takes a symptom; its texts are copied. */
void kps_symptom_add(struct kps_scan *scan, const struct kps_symptom *symptom);

/* Takes a line that only names the port of the error above it, or of one to come. */
void kps_symptom_hint(struct kps_scan *scan, const struct kps_symptom *hint);

#endif
