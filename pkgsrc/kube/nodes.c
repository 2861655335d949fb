#include "kube/nodes.h"

#include "base/buf.h"

/*
 * How this works. A constraint is read as a disjunction of conjunctions: `always` together with
 * each of `terms`. Two conjunctions can hold on one node when, label by label, the requirements of
 * both on that label can hold together; labels are independent of each other, so looking at one key
 * at a time is exact. Requirements on one key come from up to four lists (two per side), which are
 * walked in place rather than copied.
 */
struct conj {
    const struct kps_node_term *part[4];
    uint32_t n;
};

static const struct kps_node_term no_term = {NULL, 0};

/* Return a requirement of the conjunction by its number; NULL: there are no more. */
static const struct kps_node_req *get_req(const struct conj *conj, uint32_t i)
{
    uint32_t p = 0;
    while (p < conj->n && i >= conj->part[p]->n) {
        i -= conj->part[p++]->n;
    }
    return p < conj->n ? &conj->part[p]->reqs[i] : NULL;
}

bool kps_node_op_parse(struct kps_sv name, enum kps_node_op *ret)
{
    static const char *const ops[] = {
        [KPS_NODE_IN] = "In",         [KPS_NODE_NOT_IN] = "NotIn",
        [KPS_NODE_EXISTS] = "Exists", [KPS_NODE_DOES_NOT_EXIST] = "DoesNotExist",
        [KPS_NODE_GT] = "Gt",         [KPS_NODE_LT] = "Lt",
    };
    for (size_t i = 0; i < KPS_COUNT(ops); i++) {
        if (kps_sv_is(name, ops[i])) {
            *ret = (enum kps_node_op)i;
            return true;
        }
    }
    return false;
}

struct number {
    bool is_valid;
    int64_t value;
};

/* Read an integer as strconv.ParseInt(s, 10, 64) does. */
static struct number read_number(struct kps_sv s)
{
    bool negative = s.n > 0 && s.p[0] == '-';
    if (s.n > 0 && (s.p[0] == '-' || s.p[0] == '+')) {
        s = kps_sv_from(s, 1);
    }
    int64_t value = kps_sv_number(s, INT64_MAX);
    return (struct number){value >= 0, negative ? -value : value};
}

/* The bound of Gt or Lt. */
static struct number get_bound(const struct kps_node_req *req)
{
    return req->n_values == 1 ? read_number(req->values[0]) : (struct number){false, 0};
}

static bool is_listed(const struct kps_node_req *req, struct kps_sv value)
{
    for (uint32_t i = 0; i < req->n_values; i++) {
        if (kps_sv_eq(req->values[i], value)) {
            return true;
        }
    }
    return false;
}

/* Return true if a node whose label has this value satisfies the requirement. */
static bool value_fits(const struct kps_node_req *req, struct kps_sv value)
{
    switch (req->op) {
    case KPS_NODE_IN:
        return is_listed(req, value);
    case KPS_NODE_NOT_IN:
        return !is_listed(req, value);
    case KPS_NODE_EXISTS:
        return true;
    case KPS_NODE_DOES_NOT_EXIST:
        return false;
    case KPS_NODE_GT:
    case KPS_NODE_LT: {
        struct number bound = get_bound(req);
        struct number number = read_number(value);
        if (!bound.is_valid || !number.is_valid) {
            return false;
        }
        return req->op == KPS_NODE_GT ? number.value > bound.value : number.value < bound.value;
    }
    }
    return false;
}

/* Return true if every requirement of the conjunction on `key` accepts `value`. */
static bool all_fit(const struct conj *conj, struct kps_sv key, struct kps_sv value)
{
    const struct kps_node_req *req = NULL;
    for (uint32_t i = 0; (req = get_req(conj, i)) != NULL; i++) {
        if (kps_sv_eq(req->key, key) && !value_fits(req, value)) {
            return false;
        }
    }
    return true;
}

struct key_facts {
    const struct kps_node_req *in; /* some In requirement */
    bool absent_fits;              /* every requirement accepts a node without the label */
    bool refuses_any;              /* DoesNotExist: no value will do */
    bool bad_bound;                /* Gt or Lt without an integer */
    int64_t above, below;          /* open interval of Gt and Lt */
};

static void look_at(struct key_facts *facts, const struct kps_node_req *req)
{
    switch (req->op) {
    case KPS_NODE_IN:
        facts->in = req;
        facts->absent_fits = false;
        break;
    case KPS_NODE_NOT_IN:
        break;
    case KPS_NODE_EXISTS:
        facts->absent_fits = false;
        break;
    case KPS_NODE_DOES_NOT_EXIST:
        facts->refuses_any = true;
        break;
    case KPS_NODE_GT:
    case KPS_NODE_LT: {
        struct number bound = get_bound(req);
        facts->absent_fits = false;
        if (!bound.is_valid) {
            facts->bad_bound = true;
        } else if (req->op == KPS_NODE_GT) {
            facts->above = bound.value > facts->above ? bound.value : facts->above;
        } else {
            facts->below = bound.value < facts->below ? bound.value : facts->below;
        }
        break;
    }
    }
}

/* Return true if the requirements of the conjunction on one key can hold together. */
static bool key_possible(const struct conj *conj, struct kps_sv key)
{
    struct key_facts facts = {.absent_fits = true, .above = INT64_MIN, .below = INT64_MAX};
    const struct kps_node_req *req = NULL;
    for (uint32_t i = 0; (req = get_req(conj, i)) != NULL; i++) {
        if (kps_sv_eq(req->key, key)) {
            look_at(&facts, req);
        }
    }
    if (facts.absent_fits) {
        return true;
    }
    if (facts.refuses_any || facts.bad_bound) {
        return false;
    }
    if (!facts.in) {
        /* There are endlessly many texts to choose from, and an integer has several spellings ("5",
         * "05"), so a NotIn cannot empty an interval that holds a number. */
        return facts.above < facts.below && facts.above + 1 < facts.below;
    }
    for (uint32_t i = 0; i < facts.in->n_values; i++) {
        if (all_fit(conj, key, facts.in->values[i])) {
            return true;
        }
    }
    return false;
}

static bool conj_possible(const struct conj *conj)
{
    const struct kps_node_req *req = NULL;
    for (uint32_t i = 0; (req = get_req(conj, i)) != NULL; i++) {
        if (!key_possible(conj, req->key)) {
            return false;
        }
    }
    return true;
}

/* How many conjunctions a constraint stands for, and the second half of the i-th. */
static uint32_t count_ways(const struct kps_node_constraint *c)
{
    return c->has_terms ? c->n_terms : 1;
}

static const struct kps_node_term *get_way(const struct kps_node_constraint *c, uint32_t i)
{
    return c->has_terms ? &c->terms[i] : &no_term;
}

/* A term without requirements matches no node (unlike a missing affinity). */
static bool is_void(const struct kps_node_constraint *c, uint32_t i)
{
    return c->has_terms && c->terms[i].n == 0;
}

bool kps_node_anywhere(const struct kps_node_constraint *c)
{
    return c->always.n == 0 && !c->has_terms;
}

bool kps_node_can_meet(const struct kps_node_constraint *a, const struct kps_node_constraint *b)
{
    for (uint32_t i = 0; i < count_ways(a); i++) {
        for (uint32_t j = 0; j < count_ways(b) && !is_void(a, i); j++) {
            const struct conj both = {{&a->always, get_way(a, i), &b->always, get_way(b, j)}, 4};
            if (!is_void(b, j) && conj_possible(&both)) {
                return true;
            }
        }
    }
    return false;
}

bool kps_node_req_accepts(const struct kps_node_req *req, struct kps_labels labels)
{
    for (uint32_t i = 0; i < labels.n; i++) {
        if (kps_sv_eq(labels.v[i].key, req->key)) {
            return value_fits(req, labels.v[i].value);
        }
    }
    return req->op == KPS_NODE_NOT_IN || req->op == KPS_NODE_DOES_NOT_EXIST;
}

static bool term_accepts(const struct kps_node_term *term, struct kps_labels labels)
{
    for (uint32_t i = 0; i < term->n; i++) {
        if (!kps_node_req_accepts(&term->reqs[i], labels)) {
            return false;
        }
    }
    return true;
}

bool kps_node_accepts(const struct kps_node_constraint *c, struct kps_labels labels)
{
    bool any = false;
    for (uint32_t i = 0; i < count_ways(c) && !any; i++) {
        any = !is_void(c, i) && term_accepts(get_way(c, i), labels);
    }
    return any && term_accepts(&c->always, labels);
}

/* Return true if every value that `conj` allows on the requirement's key satisfies an integer
 * bound. */
static bool implies_bound(const struct conj *conj, const struct kps_node_req *req)
{
    struct number bound = get_bound(req);
    if (!bound.is_valid) {
        return false;
    }
    const struct kps_node_req *own = NULL;
    for (uint32_t i = 0; (own = get_req(conj, i)) != NULL; i++) {
        struct number value = get_bound(own);
        if (!kps_sv_eq(own->key, req->key)) {
            continue;
        }
        if (own->op == req->op && value.is_valid &&
            (req->op == KPS_NODE_GT ? value.value >= bound.value : value.value <= bound.value)) {
            return true;
        }
        bool all = own->op == KPS_NODE_IN;
        for (uint32_t k = 0; all && k < own->n_values; k++) {
            all = value_fits(req, own->values[k]) || !all_fit(conj, own->key, own->values[k]);
        }
        if (all) {
            return true;
        }
    }
    return false;
}

/* Return true if `conj` cannot hold on a node that fails the requirement. */
static bool implies_req(const struct conj *conj, const struct kps_node_req *req)
{
    static const enum kps_node_op opposite[] = {
        [KPS_NODE_IN] = KPS_NODE_NOT_IN,
        [KPS_NODE_NOT_IN] = KPS_NODE_IN,
        [KPS_NODE_EXISTS] = KPS_NODE_DOES_NOT_EXIST,
        [KPS_NODE_DOES_NOT_EXIST] = KPS_NODE_EXISTS,
    };
    if (req->op == KPS_NODE_GT || req->op == KPS_NODE_LT) {
        return implies_bound(conj, req);
    }
    struct kps_node_req negated = *req;
    negated.op = opposite[req->op];
    const struct kps_node_term extra = {&negated, 1};
    struct conj with = *conj;
    with.part[with.n++] = &extra;
    return !key_possible(&with, req->key);
}

static bool implies_term(const struct conj *conj, const struct kps_node_term *term)
{
    for (uint32_t i = 0; i < term->n; i++) {
        if (!implies_req(conj, &term->reqs[i])) {
            return false;
        }
    }
    return true;
}

bool kps_node_implies(const struct kps_node_constraint *inner,
                      const struct kps_node_constraint *outer)
{
    for (uint32_t i = 0; i < count_ways(inner); i++) {
        const struct conj conj = {{&inner->always, get_way(inner, i), NULL, NULL}, 2};
        if (is_void(inner, i) || !conj_possible(&conj)) {
            continue;
        }
        bool covered = implies_term(&conj, &outer->always) && !outer->has_terms;
        for (uint32_t j = 0; !covered && j < outer->n_terms && outer->has_terms; j++) {
            covered = !is_void(outer, j) && implies_term(&conj, &outer->always) &&
                      implies_term(&conj, &outer->terms[j]);
        }
        if (!covered) {
            return false;
        }
    }
    return true;
}

/* Return the only value that the requirements of a conjunction leave for a key. */
static struct kps_sv fixed_in(const struct conj *conj, struct kps_sv key)
{
    const struct kps_node_req *req = NULL;
    for (uint32_t i = 0; (req = get_req(conj, i)) != NULL; i++) {
        if (req->op == KPS_NODE_IN && req->n_values == 1 && kps_sv_eq(req->key, key)) {
            return req->values[0];
        }
    }
    return (struct kps_sv){NULL, 0};
}

struct kps_sv kps_node_fixed(const struct kps_node_constraint *c, struct kps_sv key)
{
    struct kps_sv found = {NULL, 0};
    for (uint32_t i = 0; i < count_ways(c); i++) {
        const struct conj conj = {{&c->always, get_way(c, i), NULL, NULL}, 2};
        struct kps_sv value = fixed_in(&conj, key);
        if (value.n == 0 || (found.n && !kps_sv_eq(found, value))) {
            return (struct kps_sv){NULL, 0};
        }
        found = value;
    }
    return found;
}

struct kps_sv kps_node_pinned(const struct kps_node_constraint *c)
{
    return kps_node_fixed(c, SV(KPS_NODE_NAME_KEY));
}

static void add_req(struct kps_buf *buf, const struct kps_node_req *req)
{
    static const char *const words[] = {
        [KPS_NODE_IN] = " in ",         [KPS_NODE_NOT_IN] = " not in ", [KPS_NODE_EXISTS] = "",
        [KPS_NODE_DOES_NOT_EXIST] = "", [KPS_NODE_GT] = " > ",          [KPS_NODE_LT] = " < ",
    };
    if (req->op == KPS_NODE_DOES_NOT_EXIST) {
        kps_buf_char(buf, '!');
    }
    kps_buf_add(buf, req->key);
    bool plain = req->op == KPS_NODE_IN && req->n_values == 1;
    kps_buf_text(buf, plain ? "=" : words[req->op]);
    for (uint32_t i = 0; i < req->n_values; i++) {
        kps_buf_text(buf, i ? ", " : "");
        kps_buf_add(buf, req->values[i]);
    }
}

static void add_term(struct kps_buf *buf, const struct kps_node_term *term, const char *first)
{
    for (uint32_t i = 0; i < term->n; i++) {
        kps_buf_text(buf, i ? " and '" : first);
        add_req(buf, &term->reqs[i]);
        kps_buf_char(buf, '\'');
    }
}

/* Return true if the only requirement is the operating system, which nearly every chart writes. */
static bool linux_only(const struct kps_node_constraint *c)
{
    if (c->has_terms || c->always.n != 1) {
        return false;
    }
    struct kps_sv os = kps_node_fixed(c, SV("kubernetes.io/os"));
    struct kps_sv beta = kps_node_fixed(c, SV("beta.kubernetes.io/os"));
    return kps_sv_is(os, "linux") || kps_sv_is(beta, "linux");
}

struct kps_sv kps_node_words(struct kps_arena *arena, const struct kps_node_constraint *c)
{
    if (kps_node_anywhere(c)) {
        return SV("every node");
    }
    if (linux_only(c)) {
        return SV("every Linux node");
    }
    struct kps_sv pinned = kps_node_pinned(c);
    if (pinned.n) {
        return kps_fmt(arena, "node '%.*s'", SV_ARG(pinned));
    }
    struct kps_buf *buf = kps_buf_new(arena);
    kps_buf_text(buf, "nodes with ");
    add_term(buf, &c->always, "'");
    struct kps_sv joint = c->always.n ? SV(" and ") : SV("");
    for (uint32_t i = 0; i < c->n_terms; i++) {
        kps_buf_add(buf, i ? SV(" or ") : joint);
        add_term(buf, &c->terms[i], "'");
    }
    return count_ways(c) ? kps_buf_sv(buf) : SV("no node");
}
