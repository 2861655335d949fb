#include "report/words.h"

#include "base/buf.h"
#include "base/count.h"
#include "base/utf8.h"

const char *kps_words_shown(struct kps_arena *arena, struct kps_sv text)
{
    return kps_cstr(arena, kps_utf8_escape(arena, text));
}

struct kps_sv kps_words_replace(struct kps_arena *arena, struct kps_sv text, const char *pairs)
{
    struct kps_buf *out = kps_buf_new(arena);
    for (size_t i = 0; i < text.n; i++) {
        struct kps_sv one = kps_sv_slice(text, i, i + 1);
        struct kps_sv from;
        struct kps_sv to;
        for (struct kps_sv rest = kps_sv_of(pairs);
             kps_sv_next(&rest, ' ', &from) && kps_sv_next(&rest, ' ', &to);) {
            one = kps_sv_eq(from, kps_sv_slice(text, i, i + 1)) ? to : one;
        }
        kps_buf_add(out, one);
    }
    return kps_buf_sv(out);
}

struct kps_sv kps_words_head(struct kps_sv text, size_t most)
{
    size_t at = 0;
    for (size_t n = 0; at < text.n && n < most; n++) {
        (void)kps_utf8_next(text, &at);
    }
    return kps_sv_head(text, at);
}

struct kps_sv kps_words_node(struct kps_arena *arena, const struct kps_ledger *ledger,
                             const struct kps_port_use *holding)
{
    const struct kps_netns *netns = kps_ledger_get_netns(ledger, holding->netns);
    if (netns->is_node) {
        return kps_utf8_escape(arena, netns->name);
    }
    if (netns->kind == KPS_NETNS_CLUSTER) {
        return SV("every node");
    }
    return netns->kind == KPS_NETNS_NODE ? SV("(Pending)") : (struct kps_sv){"", 0};
}

struct kps_sv kps_words_state(struct kps_arena *arena, const struct kps_ledger *ledger,
                              const struct kps_port_use *holding)
{
    const struct kps_owner *owner = kps_ledger_get_owner(ledger, holding->tenant);
    const struct kps_container_facts *container = kps_container_facts_of(owner);
    if (container) {
        return kps_sv_is(container->state, "running") ? SV("up")
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
            return kps_count_of(arena, (size_t)(age / units[i].seconds), units[i].word);
        }
    }
    return kps_count_of(arena, (size_t)age, "second");
}

struct kps_sv kps_words_claimant(struct kps_arena *arena, const struct kps_ledger *ledger,
                                 const struct kps_claim *claim)
{
    const struct kps_owner *owner = kps_ledger_get_owner(ledger, claim->owner);
    struct kps_sv site = kps_ledger_site_name(ledger, owner->site);
    struct kps_sv group = kps_owner_group(owner);
    struct kps_sv name = kps_owner_name(owner);
    return kps_fmt(arena, "%.*s%s%.*s%s%.*s", SV_ARG(site), site.n ? ": " : "", SV_ARG(group),
                   group.n ? " / " : "", SV_ARG(name));
}

struct kps_sv kps_words_engine(struct kps_arena *arena, const struct kps_report_engine *engine)
{
    if (engine->same_as.n) {
        return kps_fmt(arena, "the same engine as %.*s", SV_ARG(engine->same_as));
    }
    if (engine->is_absent) {
        return SV("there is no engine");
    }
    return engine->error.n ? kps_fmt(arena, "cannot ask: %.*s", SV_ARG(engine->error))
                           : (struct kps_sv){"", 0};
}

const char *kps_words_speaker(const struct kps_finding *finding)
{
    enum kps_rule rule = finding->rule;
    const struct kps_rule_info *info = kps_rule_info(rule);
    if (rule == KPS_RULE_CLUSTER_HOST_PORT_PENDING || rule == KPS_RULE_CLUSTER_PENDING_NOW) {
        return "scheduler says";
    }
    bool is_of_manifest = info && info->id[2] == '2'; /* KP2xx */
    return is_of_manifest || rule == KPS_RULE_CLUSTER_NODE_PORT_TAKEN ? "apply says" : "up says";
}
