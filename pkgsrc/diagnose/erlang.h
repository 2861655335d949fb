#ifndef KPS_DIAGNOSE_ERLANG_H
#define KPS_DIAGNOSE_ERLANG_H

#include "base/sv.h"
#include "model/addr.h"

/*
 * Read an address as Erlang prints it at the beginning of `s`: "{127,0,0,1}", or eight numbers of
 * 16 bits; blanks may stand between. Return: its bytes; 0: there is none (*ret untouched).
 */
size_t kps_erlang_address(struct kps_sv s, struct kps_addr *ret);

#endif
