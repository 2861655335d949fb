#include "compose/schema.h"

#include <stddef.h>

#include "base/compiler.h"

/* Types a value may have, as bits; the short names keep the table readable. */
enum {
    S = 1U << 0, /* string */
    L = 1U << 1, /* list */
    M = 1U << 2, /* mapping */
    N = 1U << 3, /* null */
    B = 1U << 4, /* boolean */
    I = 1U << 5, /* integer */
    F = 1U << 6, /* any number */
    ANY = S | L | M | N | B | I | F,
};

struct key {
    struct kps_sv name;
    unsigned types;
    bool newer;
};

/* Sorted by name. */
static const struct key SERVICE_KEYS[] = {
    {SV_LIT("annotations"), L | M, false},
    {SV_LIT("attach"), B, false},
    {SV_LIT("blkio_config"), M, false},
    {SV_LIT("build"), M | S, false},
    {SV_LIT("cap_add"), L, false},
    {SV_LIT("cap_drop"), L, false},
    {SV_LIT("cgroup"), S, false},
    {SV_LIT("cgroup_parent"), S, false},
    {SV_LIT("command"), L | N | S, false},
    {SV_LIT("configs"), L, false},
    {SV_LIT("container_name"), S, false},
    {SV_LIT("cpu_count"), I, false},
    {SV_LIT("cpu_percent"), I, false},
    {SV_LIT("cpu_period"), F | S, false},
    {SV_LIT("cpu_quota"), F | S, false},
    {SV_LIT("cpu_rt_period"), F | S, false},
    {SV_LIT("cpu_rt_runtime"), F | S, false},
    {SV_LIT("cpu_shares"), F | S, false},
    {SV_LIT("cpus"), F | S, false},
    {SV_LIT("cpuset"), S, false},
    {SV_LIT("credential_spec"), M, false},
    {SV_LIT("depends_on"), L | M, false},
    {SV_LIT("deploy"), N | M, false},
    {SV_LIT("develop"), N | M, false},
    {SV_LIT("device_cgroup_rules"), L, false},
    {SV_LIT("devices"), L, false},
    {SV_LIT("dns"), L | S, false},
    {SV_LIT("dns_opt"), L, false},
    {SV_LIT("dns_search"), L | S, false},
    {SV_LIT("domainname"), S, false},
    {SV_LIT("entrypoint"), L | N | S, false},
    {SV_LIT("env_file"), L | S, false},
    {SV_LIT("environment"), L | M, false},
    {SV_LIT("expose"), L, false},
    {SV_LIT("extends"), M | S, false},
    {SV_LIT("external_links"), L, false},
    {SV_LIT("extra_hosts"), L | M, false},
    {SV_LIT("gpus"), ANY, true},
    {SV_LIT("group_add"), L, false},
    {SV_LIT("healthcheck"), M, false},
    {SV_LIT("hostname"), S, false},
    {SV_LIT("image"), S, false},
    {SV_LIT("init"), B, false},
    {SV_LIT("ipc"), S, false},
    {SV_LIT("isolation"), S, false},
    {SV_LIT("label_file"), ANY, true},
    {SV_LIT("labels"), L | M, false},
    {SV_LIT("links"), L, false},
    {SV_LIT("logging"), M, false},
    {SV_LIT("mac_address"), S, false},
    {SV_LIT("mem_limit"), F | S, false},
    {SV_LIT("mem_reservation"), I | S, false},
    {SV_LIT("mem_swappiness"), I, false},
    {SV_LIT("memswap_limit"), F | S, false},
    {SV_LIT("models"), ANY, true},
    {SV_LIT("network_mode"), S, false},
    {SV_LIT("networks"), L | M, false},
    {SV_LIT("oom_kill_disable"), B, false},
    {SV_LIT("oom_score_adj"), I, false},
    {SV_LIT("pid"), N | S, false},
    {SV_LIT("pids_limit"), F | S, false},
    {SV_LIT("platform"), S, false},
    {SV_LIT("ports"), L, false},
    {SV_LIT("post_start"), ANY, true},
    {SV_LIT("pre_start"), ANY, true},
    {SV_LIT("pre_stop"), ANY, true},
    {SV_LIT("privileged"), B, false},
    {SV_LIT("profiles"), L, false},
    {SV_LIT("provider"), ANY, true},
    {SV_LIT("pull_policy"), S, false},
    {SV_LIT("pull_refresh_after"), ANY, true},
    {SV_LIT("read_only"), B, false},
    {SV_LIT("restart"), S, false},
    {SV_LIT("runtime"), S, false},
    {SV_LIT("scale"), I, false},
    {SV_LIT("secrets"), L, false},
    {SV_LIT("security_opt"), L, false},
    {SV_LIT("shm_size"), F | S, false},
    {SV_LIT("stdin_open"), B, false},
    {SV_LIT("stop_grace_period"), S, false},
    {SV_LIT("stop_signal"), S, false},
    {SV_LIT("storage_opt"), M, false},
    {SV_LIT("sysctls"), L | M, false},
    {SV_LIT("tmpfs"), L | S, false},
    {SV_LIT("tty"), B, false},
    {SV_LIT("ulimits"), M, false},
    {SV_LIT("use_api_socket"), ANY, true},
    {SV_LIT("user"), S, false},
    {SV_LIT("userns_mode"), S, false},
    {SV_LIT("uts"), S, false},
    {SV_LIT("volumes"), L, false},
    {SV_LIT("volumes_from"), L, false},
    {SV_LIT("working_dir"), S, false},
};

static const struct key ROOT_KEYS[] = {
    {SV_LIT("configs"), M | N, false},  {SV_LIT("include"), L, false},
    {SV_LIT("models"), ANY, true},      {SV_LIT("name"), S, false},
    {SV_LIT("networks"), M | N, false}, {SV_LIT("secrets"), M | N, false},
    {SV_LIT("services"), M, false},     {SV_LIT("version"), S, false},
    {SV_LIT("volumes"), M | N, false},
};

static const struct key *find_key(const struct key *keys, size_t n, struct kps_sv name)
{
    size_t low = 0;
    while (low < n) {
        size_t middle = low + (n - low) / 2;
        int order = name.n ? (unsigned char)keys[middle].name.p[0] - (unsigned char)name.p[0] : 1;
        order = order ? order : kps_sv_cmp(keys[middle].name, name);
        if (order == 0) {
            return &keys[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            n = middle;
        }
    }
    return NULL;
}

/*
 * The types of the schema that a value has. Strings pass for the scalar types: after interpolation
 * Compose casts them (spec compose §2.1), and a cast that fails is rare enough to leave to Compose.
 */
static unsigned types_of(enum kps_ytype type)
{
    switch (type) {
    case KPS_T_NULL:
        return N;
    case KPS_T_BOOL:
        return B;
    case KPS_T_INT:
        return I | F;
    case KPS_T_FLOAT:
        return F;
    case KPS_T_STR:
        return S | B | I | F;
    case KPS_T_SEQ:
        return L;
    case KPS_T_MAP:
        return M;
    }
    return 0;
}

enum kps_key_verdict kps_compose_service_key(struct kps_sv name, enum kps_ytype type)
{
    const struct key *key = find_key(SERVICE_KEYS, KPS_COUNT(SERVICE_KEYS), name);
    if (!key) {
        return kps_sv_starts(name, SV("x-")) ? KPS_KEY_FINE : KPS_KEY_UNKNOWN;
    }
    if (key->newer) {
        return KPS_KEY_NEWER;
    }
    return key->types & types_of(type) ? KPS_KEY_FINE : KPS_KEY_WRONG_TYPE;
}

enum kps_key_verdict kps_compose_root_key(struct kps_sv name)
{
    const struct key *key = find_key(ROOT_KEYS, KPS_COUNT(ROOT_KEYS), name);
    if (!key) {
        return kps_sv_starts(name, SV("x-")) ? KPS_KEY_FINE : KPS_KEY_UNKNOWN;
    }
    return key->newer ? KPS_KEY_NEWER : KPS_KEY_FINE;
}

bool kps_compose_is_service_name(struct kps_sv name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (!kps_is_alpha(c) && !kps_is_digit(c) && c != '.' && c != '_' && c != '-') {
            return false;
        }
    }
    return name.n > 0;
}
