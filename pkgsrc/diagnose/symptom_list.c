#include "diagnose/symptom_list.h"

#include "diagnose/kin.h"

enum {
    ECHO_LINES = 12,  /* within so many lines after an error, an error without a port is a repeat:
                         Python's and Java's traces */
    HINT_LINES = 8,   /* the most lines between an error and the line with its port */
    HALF_LINES = 2,   /* between a line with an address, and the line with its port */
    START_LINES = 3,  /* … and the line that announces a server */
    GUESS_LINES = 12, /* how far below "failed to bind" its reason may stand */
};

/* Return: the number of the earlier symptom equal to `symptom`, from 1; 0: a new symptom. */
static uint32_t find_same(const struct kps_symptom_list *list, const struct kps_symptom *symptom)
{
    for (uint32_t i = list->all.n; i > 0; i--) {
        const struct kps_symptom *other = &list->all.v[i - 1];
        bool is_final = i <= list->n_settled && other->is_guess && !symptom->is_guess;
        if (!kps_kin_is_related(other, symptom)) {
            continue;
        }
        bool may_be_one = kps_kin_is_one_speaker(other, symptom);
        if (may_be_one && !kps_kin_has_place(symptom) &&
            kps_kin_is_near(other, symptom, ECHO_LINES)) {
            return i;
        }
        if (may_be_one && !kps_kin_has_place(other) && kps_kin_has_place(symptom) &&
            i > list->n_settled && kps_kin_is_near(other, symptom, HINT_LINES)) {
            return i;
        }
        bool is_same_place = kps_kin_has_place(symptom) && other->first == symptom->first &&
                             other->last == symptom->last &&
                             kps_sv_eq(other->path, symptom->path) &&
                             kps_kin_is_one_protocol(other, symptom);
        if (is_same_place && !is_final) {
            return i;
        }
        bool both_nowhere = !kps_kin_has_place(symptom) && !kps_kin_has_place(other) &&
                            other->kind == symptom->kind;
        if (both_nowhere && may_be_one && kps_sv_eq(other->name, symptom->name)) {
            return i;
        }
    }
    return 0;
}

static void keep_texts(struct kps_symptom_list *list, struct kps_symptom *symptom)
{
    symptom->path = kps_sv_copy(list->arena, symptom->path);
    symptom->name = kps_sv_copy(list->arena, symptom->name);
    symptom->holder = kps_sv_copy(list->arena, symptom->holder);
}

/* Add a message to the symptom of the same failure. */
static void join_symptom(struct kps_symptom_list *list, uint32_t number,
                         const struct kps_symptom *symptom)
{
    struct kps_symptom *same = &list->all.v[number - 1];
    bool is_settled = number <= list->n_settled;
    bool is_reason = !is_settled && kps_kin_explain(same, symptom);
    bool is_refused = !is_settled && symptom->kind == KPS_SYMPTOM_FORBIDDEN;
    same->kind = is_refused ? symptom->kind : same->kind;
    same->repeats += is_reason ? 0 : 1;
    if (same->first == symptom->first || !kps_kin_has_place(symptom)) {
        kps_kin_join_addresses(same, symptom);
    }
    if (!is_settled) {
        const char *path = same->path.p;
        const char *name = same->name.p;
        kps_kin_complete(same, symptom);
        bool is_new_path = same->path.p != path;
        bool is_new_name = same->name.p != name;
        same->path = is_new_path ? kps_sv_copy(list->arena, same->path) : same->path;
        same->name = is_new_name ? kps_sv_copy(list->arena, same->name) : same->name;
    }
}

/* Fill in the place of a line near by. Return: is there one? */
static bool take_hint(const struct kps_symptom *hint, uint32_t lines, struct kps_symptom *symptom)
{
    if (hint->line == 0 || kps_kin_has_place(symptom) || !kps_kin_is_near(symptom, hint, lines) ||
        !kps_kin_may_complete(symptom, hint)) {
        return false;
    }
    kps_kin_complete(symptom, hint);
    return true;
}

void kps_symptom_list_add(struct kps_symptom_list *list, const struct kps_symptom *symptom)
{
    uint32_t number = find_same(list, symptom);
    if (number) {
        join_symptom(list, number, symptom);
        return;
    }
    if (list->all.n == KPS_SYMPTOM_LIST_MAX) {
        list->overflowed = true;
        return;
    }
    struct kps_symptom *new = kps_vec_push(&list->all);
    *new = *symptom;
    keep_texts(list, new);
    bool is_bind = new->kind == KPS_SYMPTOM_IN_USE;
    if (!take_hint(&list->hint, HINT_LINES, new) && is_bind) {
        (void)take_hint(&list->start, START_LINES, new);
    }
}

static void remove_symptom(struct kps_symptom_list *list, uint32_t i)
{
    for (list->all.n--; i < list->all.n; i++) {
        list->all.v[i] = list->all.v[i + 1];
    }
}

void kps_symptom_list_add_hint(struct kps_symptom_list *list, const struct kps_symptom *hint)
{
    struct kps_symptom before = list->hint;
    bool is_half = before.line && before.n_addrs && !kps_kin_has_place(&before) &&
                   hint->n_addrs == 0 && kps_kin_is_near(&before, hint, HALF_LINES);
    list->hint = *hint;
    keep_texts(list, &list->hint);
    if (is_half) {
        kps_kin_join_addresses(&list->hint, &before);
        hint = &list->hint;
    }
    for (uint32_t i = list->all.n; i > list->n_settled; i--) {
        struct kps_symptom whole = list->all.v[i - 1];
        if (take_hint(hint, HINT_LINES, &whole)) {
            remove_symptom(list, i - 1); /* and in again: it may be a repeat now */
            kps_symptom_list_add(list, &whole);
            return;
        }
    }
    if (list->pending.line) {
        kps_symptom_list_add_pending(list, &list->pending);
    }
}

void kps_symptom_list_add_start(struct kps_symptom_list *list, const struct kps_symptom *start)
{
    /* two servers above one failure: either may be meant */
    bool is_second = list->start.line && kps_kin_is_near(&list->start, start, START_LINES) &&
                     list->start.first != start->first;
    list->start = *start;
    list->start.line = is_second ? 0 : start->line;
    keep_texts(list, &list->start);
}

void kps_symptom_list_add_pending(struct kps_symptom_list *list, const struct kps_symptom *pending)
{
    struct kps_symptom whole = *pending;
    if (list->hint.first && take_hint(&list->hint, HINT_LINES, &whole)) {
        list->pending.line = 0;
        kps_symptom_list_add(list, &whole);
        return;
    }
    list->pending = *pending;
    keep_texts(list, &list->pending);
}

bool kps_symptom_list_explain(struct kps_symptom_list *list, const struct kps_symptom *symptom)
{
    for (uint32_t i = list->all.n; i > list->n_settled; i--) {
        struct kps_symptom *open = &list->all.v[i - 1];
        if (kps_kin_is_near(open, symptom, GUESS_LINES) && kps_kin_explain(open, symptom)) {
            return true;
        }
    }
    return false;
}

void kps_symptom_list_drop_guess(struct kps_symptom_list *list, const struct kps_symptom *reason)
{
    for (uint32_t i = list->all.n; i > list->n_settled; i--) {
        const struct kps_symptom *open = &list->all.v[i - 1];
        if (open->is_guess && kps_kin_is_near(open, reason, GUESS_LINES)) {
            remove_symptom(list, i - 1);
            return;
        }
    }
}

void kps_symptom_list_settle(struct kps_symptom_list *list)
{
    list->n_settled = list->all.n;
    list->hint.line = 0;
    list->start.line = 0;
    list->pending.line = 0;
}
