#include "support/scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "core/detect.h"

static unsigned rank_of(const struct kps_owner *owner)
{
    unsigned long long rank = 0;
    size_t at = kps_sv_rfind(kps_owner_name(owner), '#');
    (void)kps_sv_u64(kps_sv_from(kps_owner_name(owner), at + 1), 1000000, &rank);
    return (unsigned)rank;
}

static bool starts_before(const struct kps_ledger *ledger, kps_owner_id first, kps_owner_id second)
{
    unsigned a = rank_of(kps_ledger_get_owner(ledger, first));
    unsigned b = rank_of(kps_ledger_get_owner(ledger, second));
    return a && b && a < b;
}

const struct kps_owner_class scene_class = {
    .noun = "thing", .is_renewed = true, .starts_before = starts_before};

static const struct kps_owner_class there_class = {.noun = "holder",
                                                   .when_held = KPS_RULE_HOST_PORT_TAKEN,
                                                   .when_planned = KPS_RULE_STOPPED_CONTAINER_CLAIM,
                                                   .when_remnant = KPS_RULE_CONNECTION_REMNANT,
                                                   .when_alone = KPS_RULE_STALE_PUBLICATION};

/* The part of *rest up to `end`, which is taken off together with it. */
static struct kps_sv cut(struct kps_sv *rest, char end)
{
    size_t at = kps_sv_find(*rest, end);
    struct kps_sv part = kps_sv_slice(*rest, 0, at);
    *rest = kps_sv_from(*rest, at + 1);
    return kps_sv_trim(part);
}

static uint16_t port_of(struct kps_sv text)
{
    unsigned long long port = 0;
    if (!kps_sv_u64(text, 65535, &port)) {
        fail_msg("no port: '%.*s'", SV_ARG(text));
    }
    return (uint16_t)port;
}

static kps_owner_id owner_of(struct scene *scene, struct kps_sv text,
                             const struct kps_owner_class *cls)
{
    struct kps_owner_ties ties = {.key = {"", 0}};
    struct kps_new_owner owner = {
        .cls = cls, .kind = KPS_OWNER_COMPOSE_SERVICE, .ties = &ties, .name = text};
    if (kps_sv_starts(text, SV("!"))) {
        owner.cls = &there_class;
        owner.kind = KPS_OWNER_PROCESS;
    }
    size_t arrow = kps_sv_find(text, '>');
    if (arrow < text.n) {
        ties.stands_for = kps_sv_from(text, arrow + 1);
        owner.kind = KPS_OWNER_CONTAINER;
        owner.name = kps_sv_slice(text, 0, arrow);
    }
    ties.key = owner.name;
    size_t slash = kps_sv_find(owner.name, '/');
    if (slash < owner.name.n) {
        owner.group = kps_sv_slice(owner.name, 0, slash);
        owner.name = kps_sv_from(owner.name, slash + 1);
    }
    for (uint32_t i = 0; i < scene->ledger.owners.n; i++) {
        if (kps_sv_eq(scene->ledger.owners.v[i].ties->key, ties.key)) {
            return i + 1;
        }
    }
    return kps_ledger_owner(&scene->ledger, &owner);
}

static void read_ports(struct kps_sv text, struct kps_claim *claim)
{
    size_t at = kps_sv_find(text, '@');
    if (at < text.n) {
        if (!kps_addr_parse(kps_sv_slice(text, 0, at), &claim->addr)) {
            fail_msg("no address: '%.*s'", SV_ARG(text));
        }
        text = kps_sv_from(text, at + 1);
    }
    size_t slash = kps_sv_find(text, '/');
    enum kps_protocol protocol =
        slash < text.n ? kps_protocol_of(kps_sv_from(text, slash + 1)) : KPS_TCP;
    if (!protocol) {
        fail_msg("no protocol: '%.*s'", SV_ARG(text));
    }
    claim->protocol = (uint8_t)protocol;
    text = kps_sv_slice(text, 0, slash);
    size_t dash = kps_sv_find(text, '-');
    claim->first = port_of(kps_sv_slice(text, 0, dash));
    claim->last = dash < text.n ? port_of(kps_sv_from(text, dash + 1)) : claim->first;
    claim->take = (uint16_t)kps_claim_width(claim);
}

static void read_word(struct scene *scene, struct kps_sv word, struct kps_claim *claim)
{
    static const struct {
        const char *word;
        enum { BASIS, FLAG, CERTAINTY } field;
        uint8_t value;
    } words[] = {{"plan", BASIS, KPS_PENDING},         {"held", BASIS, KPS_BOUND},
                 {"derived", FLAG, KPS_CLAIM_DERIVED}, {"discarded", FLAG, KPS_CLAIM_DISCARDED},
                 {"remnant", FLAG, KPS_CLAIM_REMNANT}, {"published", FLAG, KPS_CLAIM_PUBLISHED},
                 {"relayed", FLAG, KPS_CLAIM_RELAYED}, {"likely", CERTAINTY, KPS_LIKELY},
                 {"possible", CERTAINTY, KPS_POSSIBLE}};
    unsigned long long n = 0;
    for (size_t i = 0; i < KPS_COUNT(words); i++) {
        if (!kps_sv_eq(word, kps_sv_of(words[i].word))) {
            continue;
        }
        if (words[i].field == BASIS) {
            claim->basis = words[i].value;
        } else if (words[i].field == FLAG) {
            claim->flags |= words[i].value;
        } else {
            claim->certainty = words[i].value;
        }
        return;
    }
    if (kps_sv_eq(word, SV("pick"))) {
        claim->take = 1;
    } else if (kps_sv_starts(word, SV("pick")) && kps_sv_u64(kps_sv_from(word, 4), 65535, &n)) {
        claim->take = (uint16_t)n;
    } else if (kps_sv_starts(word, SV("x")) && kps_sv_u64(kps_sv_from(word, 1), UINT32_MAX, &n)) {
        claim->copies = (uint32_t)n;
    } else if (kps_sv_starts(word, SV("to")) && kps_sv_u64(kps_sv_from(word, 2), 65535, &n)) {
        claim->target_first = claim->target_last = (uint16_t)n;
    } else if (kps_sv_starts(word, SV("in:"))) {
        claim->netns = kps_ledger_netns(&scene->ledger, KPS_NETNS_PRIVATE, kps_sv_from(word, 3));
    } else if (kps_sv_starts(word, SV("v")) && kps_sv_u64(kps_sv_from(word, 1), 999, &n)) {
        scene->ledger.engine.major = (uint16_t)n;
    } else if (kps_sv_eq(word, SV("node"))) {
        claim->netns = kps_ledger_netns(&scene->ledger, KPS_NETNS_NODE, SV("node"));
    } else {
        fail_msg("what is '%.*s'", SV_ARG(word));
    }
}

void scene_open(struct scene *scene, const char *text, const struct kps_owner_class *cls)
{
    *scene = (struct scene){.arena = kps_arena_new()};
    scene->diag.arena = scene->arena;
    scene->ledger.diag = &scene->diag;
    kps_netns_id host = kps_ledger_netns(&scene->ledger, KPS_NETNS_HOST, SV(""));
    struct kps_sv rest = kps_sv_of(text);
    while (rest.n) {
        struct kps_sv line = cut(&rest, ';');
        struct kps_claim claim = {.netns = host, .certainty = KPS_CERTAIN, .copies = 1};
        claim.owner = owner_of(scene, cut(&line, ' '), cls ? cls : &scene_class);
        read_ports(cut(&line, ' '), &claim);
        while (line.n) {
            read_word(scene, cut(&line, ' '), &claim);
        }
        (void)kps_ledger_claim(&scene->ledger, &claim);
    }
    kps_ledger_link(&scene->ledger);
}

void scene_close(struct scene *scene)
{
    kps_ledger_free(&scene->ledger);
    kps_diag_free(&scene->diag);
    kps_arena_free(scene->arena);
}

static void show_conflict(struct scene *scene, struct kps_buf *buf,
                          const struct kps_conflict *conflict)
{
    static const char *const kinds[] = {
        [KPS_CONFLICT_OWNERS] = "owners", [KPS_CONFLICT_WITHIN] = "within",
        [KPS_CONFLICT_COPIES] = "copies", [KPS_CONFLICT_POOL] = "pool",
        [KPS_CONFLICT_IN_USE] = "taken",  [KPS_CONFLICT_UNCOMPARED] = "uncompared"};
    static const char *const certainties[] = {
        [KPS_POSSIBLE] = "?", [KPS_LIKELY] = "~", [KPS_CERTAIN] = ""};
    kps_buf_fmt(buf, "%s%s %u", kinds[conflict->kind], certainties[conflict->certainty],
                conflict->first);
    if (conflict->last != conflict->first) {
        kps_buf_fmt(buf, "-%u", conflict->last);
    }
    if (conflict->protocol != KPS_TCP) {
        kps_buf_fmt(buf, "/%s", kps_protocol_name(conflict->protocol));
    }
    if (conflict->kind == KPS_CONFLICT_POOL || conflict->kind == KPS_CONFLICT_COPIES) {
        kps_buf_fmt(buf, " %u/%u", conflict->wanted, conflict->available);
    } else if (conflict->kind == KPS_CONFLICT_UNCOMPARED) {
        kps_buf_fmt(buf, " %u", conflict->wanted);
    }
    struct kps_sv netns = kps_ledger_get_netns(&scene->ledger, conflict->netns)->name;
    if (netns.n) {
        kps_buf_fmt(buf, " in:%.*s", SV_ARG(netns));
    }
    kps_buf_char(buf, ':');
    for (uint32_t i = 0; i < conflict->n_claims; i++) {
        const struct kps_claim *claim = kps_ledger_get_claim(&scene->ledger, conflict->claims[i]);
        kps_buf_fmt(buf, " %.*s",
                    SV_ARG(kps_ledger_get_owner(&scene->ledger, claim->owner)->ties->key));
    }
}

const char *scene_show(struct scene *scene, struct kps_conflicts conflicts)
{
    struct kps_buf buf = KPS_BUF(scene->arena);
    for (size_t i = 0; i < conflicts.n; i++) {
        if (i) {
            kps_buf_add(&buf, SV("; "));
        }
        show_conflict(scene, &buf, &conflicts.v[i]);
    }
    return kps_buf_sv(&buf).p;
}

const char *scene_detect(struct scene *scene)
{
    return scene_show(scene, kps_detect(&scene->ledger, scene->arena));
}

void scene_check(const struct scene_row *rows, size_t n)
{
    size_t wrong = 0;
    for (size_t i = 0; i < n; i++) {
        struct scene scene;
        scene_open(&scene, rows[i].claims, NULL);
        const char *found = scene_detect(&scene);
        if (strcmp(found, rows[i].expected) != 0) {
            print_error("%s\n  claims   %s\n  expected %s\n  found    %s\n", rows[i].why,
                        rows[i].claims, rows[i].expected, found);
            wrong++;
        }
        scene_close(&scene);
    }
    if (wrong) {
        fail_msg("%zu of %zu rows", wrong, n);
    }
}
