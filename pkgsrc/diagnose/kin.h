#ifndef KPS_DIAGNOSE_KIN_H
#define KPS_DIAGNOSE_KIN_H

#include "diagnose/symptom.h"

/* Questions about two messages of a log: can both be about the same failure? */

/* Return: can two messages be about the same failure, by their kinds? A failure without a reason
 * can be any that a program has with a socket. */
bool kps_kin_is_related(const struct kps_symptom *a, const struct kps_symptom *b);

/* Return: does the message name a port, or the path of a socket? */
bool kps_kin_has_place(const struct kps_symptom *symptom);

/* Return: are two messages of one container, pod or unit at most `lines` apart, without blank lines
 * and traces? */
bool kps_kin_is_near(const struct kps_symptom *a, const struct kps_symptom *b, uint32_t lines);

/*
 * Return: can two messages be of the same program? A message of a language may be the trace below a
 * framework's own words.
 */
bool kps_kin_is_one_speaker(const struct kps_symptom *a, const struct kps_symptom *b);

/* Return: can the hint name the place of the symptom? Only a path is the place of a socket file. */
bool kps_kin_may_complete(const struct kps_symptom *symptom, const struct kps_symptom *hint);

/* Return: are the protocols equal, or open? */
bool kps_kin_is_one_protocol(const struct kps_symptom *a, const struct kps_symptom *b);

/* Add the addresses that `into` lacks, up to KPS_SYMPTOM_ADDRS. */
void kps_kin_join_addresses(struct kps_symptom *into, const struct kps_symptom *from);

/* Give a failure without a reason that of another message. Return: did it lack one, and does the
 * other have one? */
bool kps_kin_explain(struct kps_symptom *open, const struct kps_symptom *reason);

/* Fill the unknown facts of `into` from a message about the same failure. */
void kps_kin_complete(struct kps_symptom *into, const struct kps_symptom *from);

#endif
