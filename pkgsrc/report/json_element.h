#ifndef KPS_REPORT_JSON_ELEMENT_H
#define KPS_REPORT_JSON_ELEMENT_H

#include "core/port_use.h"
#include "report/json.h"

/*
 * The elements of the JSON report (docs/json.md), each a value for the caller to release
 * (json_decref). A report is made of single elements, so that its memory does not grow with their
 * number.
 */
enum { KPS_JSON_ELEMENT_PARTIES = 256 }; /* of a finding with more each is an element */

/* The numbers of ports, {"first": 80, "last": 82}. */
struct json_t *kps_json_element_range(uint32_t first, uint32_t last);
/* The claim has its origin (kps_ledger_origin). */
struct json_t *kps_json_element_claim(struct kps_json *json, const struct kps_claim *claim);
/* The port use at one of its addresses, as a claim of its tenant. */
struct json_t *kps_json_element_port_use(struct kps_json *json, const struct kps_port_use *holding,
                                         const struct kps_addr *addr);
struct json_t *kps_json_element_party(struct kps_json *json, const struct kps_finding *finding,
                                      const struct kps_party *party);
struct json_t *kps_json_element_finding(struct kps_json *json, const struct kps_finding *finding);

#endif
