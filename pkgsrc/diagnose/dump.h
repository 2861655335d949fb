#ifndef KPS_DIAGNOSE_DUMP_H
#define KPS_DIAGNOSE_DUMP_H

#include "diagnose/symptom.h"

/* Fields of an object dump, as Node.js prints and logs its errors: { code: 'EADDRINUSE', …, port:
 * 3000 }. */
struct kps_scan_dump {
    uint32_t line; /* of its last field; 0: none is open */
    enum kps_symptom_kind kind;
    bool has_code, is_client; /* the error is about ports; the call was connect() */
    struct kps_symptom symptom;
};

/*
 * Read the fields of an error object from a line: code, errno, syscall, address, port, each as
 * "name: value" or in JSON. The numbers of errno are of Linux, macOS and, from libuv, Windows.
 * Return: the number of fields in the line; 0 when the line belongs to no dump.
 */
unsigned kps_dump_take(struct kps_scan_dump *dump, struct kps_arena *arena, struct kps_sv line);

/* Return: are the fields the symptom of a failed bind? */
bool kps_dump_is_symptom(const struct kps_scan_dump *dump);

#endif
