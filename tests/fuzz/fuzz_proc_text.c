#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "sys/cgroup.h"
#include "sys/kernel.h"
#include "sys/manager.h"
#include "sys/proc_text.h"
#include "sys/proxy_args.h"

/* The input is any text that a process or the kernel shows in /proc; every reader gets it. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_inside(struct kps_sv part, struct kps_sv whole)
{
    return part.n == 0 || (part.p >= whole.p && part.n <= whole.n &&
                           (size_t)(part.p - whole.p) <= whole.n - part.n);
}

static void check_cgroup(struct kps_sv text)
{
    struct kps_cgroup cgroup = kps_cgroup_of_text(text);
    KPS_ASSERT(is_inside(cgroup.container, text) && is_inside(cgroup.outer, text) &&
               is_inside(cgroup.unit, text));
    KPS_ASSERT(cgroup.container.n == 0 || cgroup.container.n == 64);
    KPS_ASSERT(cgroup.outer.n == 0 || (cgroup.outer.n == 64 && cgroup.container.n == 64));
    KPS_ASSERT(cgroup.unit.n == 0 || cgroup.container.n == 0);
    KPS_ASSERT(kps_sv_find(cgroup.unit, '/') == cgroup.unit.n);
}

static void check_command(struct kps_sv text)
{
    struct kps_proxy_args args;
    if (kps_proxy_args_read(text, &args)) {
        KPS_ASSERT(args.host_port && args.container_port && args.protocol != KPS_PROTO_NONE);
        KPS_ASSERT(args.container.kind == KPS_ADDR_ONE4 || args.container.kind == KPS_ADDR_ONE6);
    }
    const struct kps_manager_candidate chain[] = {{1, SV("x"), text},
                                                  {2, kps_sv_slice(text, 0, 15), text}};
    struct kps_manager manager =
        kps_manager_find(chain, KPS_COUNT(chain), (struct kps_sv){0}, true);
    KPS_ASSERT(manager.name.n == 0 || manager.pid == 2);
}

static void check_numbers(struct kps_arena *arena, struct kps_sv text)
{
    struct kps_proc_stat stat;
    uint32_t uid = 0;
    const struct kps_port_range *ranges = NULL;
    if (kps_proc_stat_read(text, &stat)) {
        KPS_ASSERT(is_inside(stat.comm, text));
        (void)kps_proc_text_terminal(arena, stat.terminal);
    }
    (void)kps_proc_status_uid(text, &uid);
    (void)kps_proc_status_ignores(text, 15);
    (void)kps_proc_number(text, SV("btime "));
    KPS_ASSERT(is_inside(kps_proc_text_user(text, 0), text));
    size_t n = kps_kernel_read_ports(arena, text, &ranges);
    for (size_t i = 0; i < n; i++) {
        KPS_ASSERT(ranges[i].first <= ranges[i].last);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_sv text = {(const char *)data, size};
    check_cgroup(text);
    check_command(text);
    check_numbers(arena, text);
    return 0;
}
