#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "kube/nodes.h"

/*
 * The brute-force check: a world is every node over two labels, each absent or with one of a few
 * values. What kps_node_can_meet and kps_node_implies conclude from the requirements is compared
 * with looking at every node.
 */
static const struct kps_sv world_keys[] = {SV_LIT("disk"), SV_LIT("zone")};
/* Values 0..7 as integers, and one text; Gt and Lt of the tests stay inside, so that the world has
 * a witness. */
static const struct kps_sv world_values[] = {SV_LIT("0"), SV_LIT("1"), SV_LIT("2"),
                                             SV_LIT("3"), SV_LIT("4"), SV_LIT("5"),
                                             SV_LIT("6"), SV_LIT("7"), SV_LIT("x")};
enum { ABSENT = KPS_COUNT(world_values), CHOICES };

struct node {
    unsigned value[KPS_COUNT(world_keys)];
};

static bool is_number(unsigned value)
{
    return value < 8;
}

/* The operators once more, from the definition and over the small world only. */
static bool req_holds(const struct kps_node_req *req, const struct node *node)
{
    unsigned at = node->value[kps_sv_eq(req->key, world_keys[1]) ? 1 : 0];
    bool among = false;
    for (uint32_t i = 0; at != ABSENT && i < req->n_values; i++) {
        among = among || kps_sv_eq(req->values[i], world_values[at]);
    }
    switch (req->op) {
    case KPS_NODE_IN:
        return among;
    case KPS_NODE_NOT_IN:
        return !among;
    case KPS_NODE_EXISTS:
        return at != ABSENT;
    case KPS_NODE_DOES_NOT_EXIST:
        return at == ABSENT;
    case KPS_NODE_GT:
        return at != ABSENT && is_number(at) && (int)at > req->values[0].p[0] - '0';
    case KPS_NODE_LT:
        return at != ABSENT && is_number(at) && (int)at < req->values[0].p[0] - '0';
    }
    return false;
}

static bool term_holds(const struct kps_node_term *term, const struct node *node)
{
    for (uint32_t i = 0; i < term->n; i++) {
        if (!req_holds(&term->reqs[i], node)) {
            return false;
        }
    }
    return true;
}

static bool holds(const struct kps_node_constraint *c, const struct node *node)
{
    bool any = !c->has_terms;
    for (uint32_t i = 0; c->has_terms && i < c->n_terms; i++) {
        any = any || (c->terms[i].n > 0 && term_holds(&c->terms[i], node));
    }
    return any && term_holds(&c->always, node);
}

static uint32_t next(uint32_t *state)
{
    *state = *state * 1664525U + 1013904223U;
    return *state >> 8;
}

struct made {
    struct kps_sv values[8][3];
    struct kps_node_req reqs[8];
    struct kps_node_term terms[2];
    struct kps_node_constraint c;
};

static void make_req(struct made *made, uint32_t i, uint32_t *state)
{
    enum kps_node_op op = (enum kps_node_op)(next(state) % 6);
    bool bound = op == KPS_NODE_GT || op == KPS_NODE_LT;
    uint32_t n = op == KPS_NODE_EXISTS || op == KPS_NODE_DOES_NOT_EXIST ? 0
                 : bound                                                ? 1
                                                                        : 1 + next(state) % 3;
    for (uint32_t k = 0; k < n; k++) {
        /* Bounds 2..5 leave numbers on both sides; NotIn may not empty an interval (an integer has
         * many spellings), so it only takes the text "x" here, and In takes everything. */
        uint32_t pick = bound ? 2 + next(state) % 4 : op == KPS_NODE_NOT_IN ? 8 : next(state) % 9;
        made->values[i][k] = world_values[pick];
    }
    made->reqs[i] = (struct kps_node_req){world_keys[next(state) % 2], made->values[i], n, op};
}

static void make(struct made *made, uint32_t *state)
{
    *made = (struct made){.c = {.has_terms = false}};
    for (uint32_t i = 0; i < 8; i++) {
        make_req(made, i, state);
    }
    made->c.always = (struct kps_node_term){made->reqs, next(state) % 3};
    made->terms[0] = (struct kps_node_term){made->reqs + 2, next(state) % 3};
    made->terms[1] = (struct kps_node_term){made->reqs + 4, next(state) % 4};
    made->c.has_terms = next(state) % 3 > 0;
    made->c.terms = made->terms;
    made->c.n_terms = made->c.has_terms ? next(state) % 3 : 0;
}

static void test_against_worlds(void **unused)
{
    (void)unused;
    uint32_t state = 7;
    unsigned met = 0;
    unsigned implied = 0;
    unsigned missed = 0;
    for (unsigned round = 0; round < 60000; round++) {
        struct made a;
        struct made b;
        make(&a, &state);
        make(&b, &state);
        bool can_meet = false;
        bool implies = true;
        for (unsigned at = 0; at < CHOICES * CHOICES; at++) {
            const struct node node = {{at / CHOICES, at % CHOICES}};
            bool in_a = holds(&a.c, &node);
            bool in_b = holds(&b.c, &node);
            can_meet = can_meet || (in_a && in_b);
            implies = implies && (!in_a || in_b);
        }
        if (kps_node_can_meet(&a.c, &b.c) != can_meet) {
            fail_msg("round %u: the worlds say %d", round, can_meet);
        }
        bool shown = kps_node_implies(&a.c, &b.c);
        if (shown && !implies) {
            fail_msg("round %u: implied, but a node of the first is none of the second", round);
        }
        met += can_meet ? 1 : 0;
        implied += implies ? 1 : 0;
        missed += implies && !shown ? 1 : 0;
    }
    /* The generator must exercise both answers, and "sound, not complete" must not mean "never". */
    assert_true(met >= 10000 && met <= 55000);
    assert_true(implied >= 5000 && implied <= 55000);
    assert_true(missed <= implied / 10);
}

static const struct kps_sv ssd[] = {SV_LIT("ssd")};
static const struct kps_sv n1[] = {SV_LIT("node-1")};
static const struct kps_sv n2[] = {SV_LIT("node-2")};
static const struct kps_sv os[] = {SV_LIT("linux")};
static const struct kps_sv five[] = {SV_LIT("5")};
static const struct kps_sv max64[] = {SV_LIT("9223372036854775807")};
static const struct kps_node_req ssd_in[] = {{SV_LIT("disk"), ssd, 1, KPS_NODE_IN}};
static const struct kps_node_req ssd_not_in[] = {{SV_LIT("disk"), ssd, 1, KPS_NODE_NOT_IN}};
static const struct kps_node_req on_n1[] = {{SV_LIT(KPS_NODE_NAME_KEY), n1, 1, KPS_NODE_IN}};
static const struct kps_node_req on_n2[] = {{SV_LIT(KPS_NODE_NAME_KEY), n2, 1, KPS_NODE_IN}};
static const struct kps_node_req linux_in[] = {{SV_LIT("kubernetes.io/os"), os, 1, KPS_NODE_IN}};
static const struct kps_node_req only_five[] = {{SV_LIT("gen"), five, 1, KPS_NODE_GT},
                                                {SV_LIT("gen"), five, 1, KPS_NODE_LT}};
static const struct kps_node_req above_all[] = {{SV_LIT("gen"), max64, 1, KPS_NODE_GT}};
static const struct kps_node_req bad_bound[] = {{SV_LIT("gen"), ssd, 1, KPS_NODE_GT}};
static const struct kps_node_term two_nodes[] = {{on_n1, 1}, {on_n2, 1}};
static const struct kps_node_term same_node[] = {{on_n1, 1}, {on_n1, 1}};

#define ANYWHERE                                                                                   \
    {                                                                                              \
        .has_terms = false                                                                         \
    }

static const struct row {
    const char *why;
    struct kps_node_constraint a, b;
    bool meet;
    const char *a_pinned, *a_words;
} rows[] = {
    {"nothing said on either side", ANYWHERE, ANYWHERE, true, "", "every node"},
    {"two names", {.always = {on_n1, 1}}, {.always = {on_n2, 1}}, false, "node-1", "node 'node-1'"},
    {"one of two names",
     {.terms = two_nodes, .n_terms = 2, .has_terms = true},
     {.always = {on_n2, 1}},
     true,
     "",
     "nodes with 'kubernetes.io/hostname=node-1' or 'kubernetes.io/hostname=node-2'"},
    {"every term asks for one name",
     {.terms = same_node, .n_terms = 2, .has_terms = true},
     ANYWHERE,
     true,
     "node-1",
     "node 'node-1'"},
    {"NotIn matches a node without the label, In does not",
     {.always = {ssd_in, 1}},
     {.always = {ssd_not_in, 1}},
     false,
     "",
     "nodes with 'disk=ssd'"},
    {"different keys",
     {.always = {ssd_in, 1}},
     {.always = {linux_in, 1}},
     true,
     "",
     "nodes with 'disk=ssd'"},
    {"an empty list of terms matches no node", {.has_terms = true}, ANYWHERE, false, "", "no node"},
    {"an empty term matches no node",
     {.terms = (const struct kps_node_term[]){{NULL, 0}}, .n_terms = 1, .has_terms = true},
     ANYWHERE,
     false,
     "",
     "nodes with "},
    {"no integer between",
     {.always = {only_five, 2}},
     ANYWHERE,
     false,
     "",
     "nodes with 'gen > 5' and 'gen < 5'"},
    {"nothing above the largest integer",
     {.always = {above_all, 1}},
     ANYWHERE,
     false,
     "",
     "nodes with 'gen > 9223372036854775807'"},
    {"a bound that is no integer matches no node",
     {.always = {bad_bound, 1}},
     ANYWHERE,
     false,
     "",
     "nodes with 'gen > ssd'"},
    {"the operating system alone",
     {.always = {linux_in, 1}},
     ANYWHERE,
     true,
     "",
     "every Linux node"},
};

static void test_rows(void **unused)
{
    (void)unused;
    struct kps_arena *arena = kps_arena_new();
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        const struct row *row = &rows[i];
        struct kps_sv words = kps_node_words(arena, &row->a);
        if (kps_node_can_meet(&row->a, &row->b) != row->meet ||
            kps_node_can_meet(&row->b, &row->a) != row->meet ||
            !kps_sv_eq(kps_node_pinned(&row->a), kps_sv_of(row->a_pinned)) ||
            !kps_sv_eq(words, kps_sv_of(row->a_words))) {
            fail_msg("%s (words: %.*s)", row->why, SV_ARG(words));
        }
    }
    kps_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_against_worlds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
