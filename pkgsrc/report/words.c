#include "report/words.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "model/ports.h"

struct kps_sv kps_words_port(struct kps_arena *arena, const struct kps_port_use *holding)
{
    if (holding->last == 0) {
        return kps_fmt(arena, "any/%s", kps_protocol_name((enum kps_protocol)holding->protocol));
    }
    return kps_ports_words(arena, holding->first, holding->last, holding->protocol);
}

/* Return: is the port in use on the wildcards of both families? */
static bool is_everywhere(const struct kps_port_use *holding)
{
    bool has_any4 = false;
    bool has_any6 = false;
    for (uint32_t i = 0; i < holding->n_addrs; i++) {
        enum kps_addr_kind kind = holding->addrs[i].kind;
        has_any4 = has_any4 || kind == KPS_ADDR_ANY4 || kind == KPS_ADDR_EVERY;
        has_any6 = has_any6 || kind == KPS_ADDR_ANY6 || kind == KPS_ADDR_EVERY;
    }
    return has_any4 && has_any6;
}

struct kps_sv kps_words_addresses(struct kps_arena *arena, const struct kps_port_use *holding)
{
    if (is_everywhere(holding)) {
        return SV("*");
    }
    struct kps_buf out = KPS_BUF(arena);
    for (uint32_t i = 0; i < holding->n_addrs; i++) {
        kps_buf_add(&out, i ? SV(", ") : SV(""));
        kps_buf_add(&out, kps_addr_format(arena, &holding->addrs[i]));
    }
    return kps_buf_sv(&out);
}

struct kps_sv kps_words_places(struct kps_arena *arena, const struct kps_port_use *holding)
{
    enum { MOST = 4 };
    if (is_everywhere(holding)) {
        return holding->first == holding->last
                   ? SV("every address")
                   : kps_fmt(arena, "%.*s on every address",
                             SV_ARG(kps_ports_digits(arena, holding->first, holding->last)));
    }
    struct kps_buf out = KPS_BUF(arena);
    for (uint32_t i = 0; i < holding->n_addrs && i < MOST; i++) {
        bool is_v6 =
            holding->addrs[i].kind == KPS_ADDR_ANY6 || holding->addrs[i].kind == KPS_ADDR_ONE6;
        if (i > 0) {
            kps_buf_add(&out, i + 1 == holding->n_addrs ? SV(" and ") : SV(", "));
        }
        kps_buf_fmt(&out, is_v6 ? "[%.*s]:%.*s" : "%.*s:%.*s",
                    SV_ARG(kps_addr_format(arena, &holding->addrs[i])),
                    SV_ARG(kps_ports_digits(arena, holding->first, holding->last)));
    }
    if (holding->n_addrs > MOST) {
        kps_buf_fmt(&out, " and %u more", holding->n_addrs - MOST);
    }
    return kps_buf_sv(&out);
}

struct kps_sv kps_words_state(struct kps_arena *arena, const struct kps_ledger *ledger,
                              const struct kps_port_use *holding)
{
    const struct kps_owner *owner = kps_ledger_get_owner(ledger, holding->tenant);
    const struct kps_container_facts *container = kps_container_facts_of(owner);
    if (container) {
        return kps_sv_eq(container->state, SV("running"))
                   ? SV("up")
                   : kps_utf8_escape(arena, container->state);
    }
    if (holding->is_remnant) {
        const struct kps_process_facts *facts = kps_process_facts_of(owner);
        bool is_named = facts && facts->pid == 0 && facts->what.n; /* "TIME_WAIT of 3 …" */
        return is_named ? (struct kps_sv){"", 0} : SV("connection");
    }
    if (owner->kind == KPS_OWNER_SWARM_SERVICE) {
        return SV("swarm");
    }
    return holding->certainty == KPS_CERTAIN || holding->protocol != KPS_TCP ? SV("listens")
                                                                             : SV("bound");
}

struct kps_sv kps_words_age(struct kps_arena *arena, int64_t then, int64_t now)
{
    static const struct {
        int64_t seconds;
        const char *word;
    } units[] = {{365LL * 86400, "year"},
                 {30LL * 86400, "month"},
                 {86400, "day"},
                 {3600, "hour"},
                 {60, "minute"}};
    int64_t age = now - then;
    if (then <= 0 || age < 0) {
        return (struct kps_sv){"", 0};
    }
    for (size_t i = 0; i < KPS_COUNT(units); i++) {
        if (age >= 2 * units[i].seconds || (units[i].seconds <= 86400 && age >= units[i].seconds)) {
            long long n = age / units[i].seconds;
            return kps_fmt(arena, "%lld %s%s", n, units[i].word, n == 1 ? "" : "s");
        }
    }
    return kps_fmt(arena, "%lld second%s", (long long)age, age == 1 ? "" : "s");
}
