#include <stdio.h>
#include <stdlib.h>

#include "sys/collect.h"

/*
 * usage: bench_host [PORT]
 * Everything that holds a port of this machine, with its process, one a line; of one port also connections. Exit code:
 * 0 when something does, 1 when nothing.
 */

static void print_claim(const struct kps_ledger *ledger, kps_claim_id id)
{
    const struct kps_claim *claim = kps_ledger_get_claim(ledger, id);
    const struct kps_owner *owner = kps_ledger_get_owner(ledger, claim->owner);
    const struct kps_process_facts *facts = owner->facts;
    struct kps_sv address = kps_addr_format(ledger->diag->arena, &claim->addr);
    printf("%s %.*s:%u %s %.*s %u %.*s %.*s %.*s\n", kps_protocol_name((enum kps_protocol)claim->protocol),
           SV_ARG(address), claim->first, kps_owner_kind_name(owner->kind), SV_ARG(owner->name), facts->pid,
           SV_ARG(facts->user), SV_ARG(facts->unit), SV_ARG(facts->cmdline));
}

int main(int argc, char **argv)
{
    struct kps_port_range port = {0, 0};
    struct kps_sys_options options = {0};
    struct kps_arena *arena = kps_arena_new();
    struct kps_diag diag = {.arena = arena};
    struct kps_ledger ledger = {.diag = &diag};
    if (argc > 1) {
        port.first = port.last = (uint16_t)strtoul(argv[1], NULL, 10);
        options.ports = &port;
        options.n_ports = 1;
        options.connections = true;
    }
    struct kps_sys_result result = kps_sys_collect(&ledger, &options);
    for (uint32_t i = 0; i < result.n_claims; i++) {
        print_claim(&ledger, result.first_claim + i);
    }
    kps_ledger_free(&ledger);
    kps_diag_free(&diag);
    kps_arena_free(arena);
    return result.n_claims == 0;
}
