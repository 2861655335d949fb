#ifndef KPS_DIAGNOSE_DUMP_H
#define KPS_DIAGNOSE_DUMP_H

#include "diagnose/scan.h"

/*
 * Takes the fields of an error object from a line: code, errno, syscall, address, port, each as
 * "name: value" or as JSON has them. The numbers of errno are those of Linux, macOS and, from
 * libuv, Windows. Return: how many fields the line has; 0 when it belongs to no dump.
 */
unsigned kps_dump_take(struct kps_scan_dump *dump, struct kps_arena *arena, struct kps_sv line);

/* Whether what was taken is the symptom of a failed bind. */
bool kps_dump_is_symptom(const struct kps_scan_dump *dump);

#endif
