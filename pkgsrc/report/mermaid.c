#include "base/buf.h"
#include "base/count.h"
#include "base/map.h"
#include "base/utf8.h"
#include "model/ports.h"
#include "report/ci.h"
#include "report/words.h"

/*
 * A picture: host port, owner, port inside; clashes are red. Mermaid draws up to 500 edges and
 * 50,000 characters by default: clashes come first, and the rest is counted.
 */
enum { MOST_EDGES = 480, MOST_BYTES = 45000, MOST_LABEL = 80 };

struct picture {
    const struct kps_report *report;
    struct kps_arena *arena;
    struct kps_buf *text, *red;
    struct kps_map nodes; /* the words of a node -> its number */
    bool *clashes;        /* by claim */
    uint32_t n_edges;
};

/* A label between double quotes. */
static const char *word_label(struct kps_arena *arena, struct kps_sv text)
{
    struct kps_sv safe = kps_utf8_escape(arena, text);
    struct kps_sv head = kps_words_head(safe, MOST_LABEL);
    const char *label =
        kps_words_replace(arena, head, "# #35; \" #quot; & #amp; < #lt; > #gt; ` #96;").p;
    return head.n < safe.n ? kps_fmt(arena, "%s…", label).p : label;
}

/* Print the name of the node with these words; the first time with its text. */
static void put_node(struct picture *picture, char sort, struct kps_sv words, const char *open,
                     const char *close)
{
    struct kps_sv key = kps_fmt(picture->arena, "%c%.*s", sort, SV_ARG(words));
    uint32_t next = picture->nodes.n + 1;
    uint32_t number = *kps_map_put(&picture->nodes, picture->arena, key, next);
    kps_buf_fmt(picture->text, "%c%u", sort, number);
    if (number == next) {
        kps_buf_fmt(picture->text, "%s\"%s\"%s", open, word_label(picture->arena, words), close);
    }
}

static void put_arrow(struct picture *picture, bool is_red)
{
    kps_buf_text(picture->text, " --> ");
    if (is_red) {
        kps_buf_fmt(picture->red, "%s%u", picture->red->n ? "," : "", picture->n_edges);
    }
    picture->n_edges++;
}

/* "127.0.0.1:8080/tcp", "any node: 9100/tcp" */
static struct kps_sv wanted_words(const struct picture *picture, const struct kps_claim *claim)
{
    struct kps_arena *arena = picture->arena;
    const struct kps_netns *netns = kps_ledger_get_netns(picture->report->ledger, claim->netns);
    struct kps_sv port = claim->last
                             ? kps_ports_words(arena, claim->first, claim->last, claim->protocol)
                             : SV("any free port");
    struct kps_sv address = kps_addr_format(arena, &claim->addr);
    struct kps_sv site;
    if (address.n) {
        port = kps_fmt(arena, "%.*s %.*s", SV_ARG(address), SV_ARG(port));
    }
    switch (netns->kind) {
    case KPS_NETNS_HOST:
        site = kps_ledger_site_name(picture->report->ledger, netns->site);
        return site.n ? kps_fmt(arena, "%.*s: %.*s", SV_ARG(site), SV_ARG(port)) : port;
    case KPS_NETNS_NODE:
        return kps_fmt(arena, "node %.*s", SV_ARG(port));
    case KPS_NETNS_CLUSTER:
        return kps_fmt(arena, "every node %.*s", SV_ARG(port));
    case KPS_NETNS_PRIVATE:
        break; /* not drawn */
    }
    return port;
}

static void put_claim(struct picture *picture, const struct kps_claim *claim, bool is_red)
{
    kps_buf_text(picture->text, "  ");
    put_node(picture, 'p', wanted_words(picture, claim), "([", "])");
    put_arrow(picture, is_red);
    put_node(picture, 's', kps_words_claimant(picture->arena, picture->report->ledger, claim), "[",
             "]");
    if (claim->target_first) {
        struct kps_sv who = kps_words_claimant(picture->arena, picture->report->ledger, claim);
        const char *target = kps_ports_words(picture->arena, claim->target_first,
                                             claim->target_last, claim->protocol)
                                 .p;
        put_arrow(picture, is_red);
        /* each owner has its own ports inside: the words tell them apart */
        put_node(picture, 'c', kps_fmt(picture->arena, "%.*s %s", SV_ARG(who), target), "(", ")");
    }
    kps_buf_char(picture->text, '\n');
}

static void mark_clashes(struct picture *picture)
{
    const struct kps_diag *diag = picture->report->ledger->diag;
    for (uint32_t i = 0; i < diag->findings.n; i++) {
        const struct kps_finding *finding = diag->findings.v[i];
        for (uint32_t k = 0;
             k < finding->n_parties && finding->severity != KPS_NOTE && !finding->suppressed.p;
             k++) {
            picture->clashes[finding->parties[k].claim] = true;
        }
    }
    picture->clashes[0] = false;
}

/* Draw the clashing claims, or the rest. Return: the number of claims without room. */
static size_t put_claims(struct picture *picture, bool that_clash)
{
    const struct kps_ledger *ledger = picture->report->ledger;
    size_t left_out = 0;
    for (uint32_t i = 0; i < ledger->claims.n; i++) {
        const struct kps_claim *claim = &ledger->claims.v[i];
        bool is_drawn = kps_report_lists(claim) || picture->clashes[i + 1];
        if (!is_drawn || (claim->flags & KPS_CLAIM_DISCARDED) ||
            picture->clashes[i + 1] != that_clash ||
            kps_ledger_get_netns(ledger, claim->netns)->kind == KPS_NETNS_PRIVATE) {
            continue;
        }
        if (picture->n_edges + 2 > MOST_EDGES || picture->text->n > MOST_BYTES) {
            left_out++;
            continue;
        }
        put_claim(picture, claim, that_clash);
    }
    return left_out;
}

void kps_report_mermaid(const struct kps_report *report, const struct kps_style *style, FILE *out)
{
    (void)style;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct picture picture = {
        .report = report, .arena = arena, .text = kps_buf_new(arena), .red = kps_buf_new(arena)};
    picture.clashes = KPS_NEW_N(arena, bool, (size_t)report->ledger->claims.n + 1);
    mark_clashes(&picture);
    size_t left_out = put_claims(&picture, true);
    left_out += put_claims(&picture, false);
    struct kps_sv text = kps_buf_sv(picture.text);
    struct kps_sv red = kps_buf_sv(picture.red);
    (void)fputs("flowchart LR\n", out);
    (void)fwrite(text.p, 1, text.n, out);
    if (picture.n_edges == 0) {
        (void)fputs("  none[\"no published port\"]\n", out);
    }
    if (left_out) {
        (void)fprintf(out, "  rest[\"not drawn: %s\"]\n",
                      kps_count_of(picture.arena, left_out, "more port").p);
    }
    if (red.n) {
        (void)fprintf(out, "  linkStyle %.*s stroke:red,stroke-width:3px\n", SV_ARG(red));
    }
}
