#include "diag/finding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/order.h"
#include "base/utf8.h"
#include "base/vec.h"

const char *kps_severity_name(enum kps_severity severity)
{
    static const char *const names[] = {
        [KPS_NOTE] = "note", [KPS_WARNING] = "warning", [KPS_ERROR] = "error"};
    return names[severity];
}

const char *kps_certainty_name(enum kps_certainty certainty)
{
    static const char *const names[] = {
        [KPS_POSSIBLE] = "possible", [KPS_LIKELY] = "likely", [KPS_CERTAIN] = "certain"};
    return names[certainty];
}

const char *kps_suppression_name(enum kps_suppression suppression)
{
    static const char *const names[] = {[KPS_SUPPRESSED_BY_COMMENT] = "comment",
                                        [KPS_SUPPRESSED_BY_ANNOTATION] = "annotation",
                                        [KPS_SUPPRESSED_BY_EXTENSION] = "x-kportscan",
                                        [KPS_SUPPRESSED_BY_BASELINE] = "baseline"};
    return names[suppression];
}

void kps_diag_free(struct kps_diag *diag)
{
    kps_files_free(&diag->files);
    kps_origins_free(&diag->origins);
    kps_vec_free(&diag->findings);
}

kps_origin_id kps_diag_here(struct kps_diag *diag, struct kps_span span)
{
    if (diag->surplus && diag->surplus_at) {
        return diag->surplus_at;
    }
    kps_origin_id here = kps_origins_here(&diag->origins, span, SV(""));
    diag->surplus_at = diag->surplus ? here : 0;
    return here;
}

/* Move the items to room for `wanted` of them in the arena. */
static void *move_items(struct kps_diag *diag, const void *items, uint32_t n, uint32_t *cap,
                        uint32_t wanted, size_t item_bytes)
{
    void *grown = kps_alloc_n(diag->arena, wanted, item_bytes);
    diag->finding_bytes += wanted * item_bytes;
    if (n) {
        memcpy(grown, items, n * item_bytes);
    }
    *cap = wanted;
    return grown;
}

/* Make room for another item: a full list is doubled inside the arena. */
static void *with_room(struct kps_diag *diag, void *items, uint32_t n, uint32_t *cap,
                       size_t item_bytes)
{
    uint32_t wanted = *cap ? *cap * 2 : 2;
    return n < *cap ? items : move_items(diag, items, n, cap, wanted, item_bytes);
}

/* Format a text of a finding, which may quote a value of any length. Beyond the bound of all
 * findings the text is empty. */
KPS_PRINTF(2, 0)
static struct kps_sv format_text(struct kps_diag *diag, const char *fmt, va_list args)
{
    char room[KPS_LIMIT_FINDING_TEXT + 8]; /* the last character may be cut */
    if (diag->finding_bytes >= KPS_LIMIT_FINDING_TOTAL) {
        return SV("");
    }
    int n = vsnprintf(room, sizeof(room), fmt, args);
    KPS_ASSERT(n >= 0);
    struct kps_sv text = {room, (size_t)n < sizeof(room) ? (size_t)n : sizeof(room) - 1};
    text = kps_utf8_clip(diag->arena, text, KPS_LIMIT_FINDING_TEXT);
    diag->finding_bytes += text.n;
    return text.p == room ? kps_sv_copy(diag->arena, text) : text;
}

/* Return: a new finding in the sink, or the surplus: the first one is announced. */
static struct kps_finding *new_finding(struct kps_diag *diag)
{
    if (diag->finding_bytes < KPS_LIMIT_FINDING_TOTAL) {
        struct kps_finding *finding = KPS_NEW(diag->arena, struct kps_finding);
        *kps_vec_push(&diag->findings) = finding;
        diag->finding_bytes += sizeof(*finding);
        return finding;
    }
    if (diag->surplus == NULL) {
        uint64_t bytes = diag->finding_bytes;
        diag->surplus = KPS_NEW(diag->arena, struct kps_finding);
        diag->finding_bytes = 0;
        (void)kps_diag_add_gap(
            diag, KPS_WARNING,
            "the findings of this run take more than %d MiB: the rest is left out",
            KPS_LIMIT_FINDING_TOTAL / (1024 * 1024));
        diag->finding_bytes = bytes;
    }
    struct kps_finding *surplus = diag->surplus;
    surplus->n_parties = surplus->n_notes = surplus->n_helps = surplus->n_fixes = 0;
    return surplus;
}

static struct kps_finding *add_finding(struct kps_diag *diag, enum kps_rule rule,
                                       enum kps_severity severity, kps_origin_id at,
                                       struct kps_sv message)
{
    struct kps_finding *finding = new_finding(diag);
    finding->diag = diag;
    finding->message = message;
    finding->rule = rule;
    finding->severity = severity;
    finding->certainty = KPS_CERTAIN;
    if (at) {
        kps_finding_party(finding, KPS_ROLE_PRIMARY, 0)->at = at;
    }
    return finding;
}

struct kps_finding *kps_diag_add(struct kps_diag *diag, enum kps_rule rule,
                                 enum kps_severity severity, kps_origin_id at, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    struct kps_sv message = format_text(diag, fmt, args);
    va_end(args);
    return add_finding(diag, rule, severity, at, message);
}

struct kps_finding *kps_diag_add_unreadable(struct kps_diag *diag, kps_origin_id at,
                                            struct kps_sv path, const char *why)
{
    return kps_diag_add(diag, KPS_RULE_INPUT_UNREADABLE, KPS_ERROR, at, "cannot read '%.*s': %s",
                        SV_ARG(path), why);
}

struct kps_finding *kps_diag_add_gap(struct kps_diag *diag, enum kps_severity severity,
                                     const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    struct kps_sv message = format_text(diag, fmt, args);
    va_end(args);
    diag->incomplete = true;
    return add_finding(diag, KPS_RULE_SCAN_INCOMPLETE, severity, 0, message);
}

struct kps_finding *kps_diag_vadd_here(struct kps_diag *diag, enum kps_rule rule,
                                       enum kps_severity severity, struct kps_span span,
                                       const char *fmt, va_list args)
{
    return add_finding(diag, rule, severity, kps_diag_here(diag, span),
                       format_text(diag, fmt, args));
}

struct kps_finding *kps_diag_add_here(struct kps_diag *diag, enum kps_rule rule,
                                      enum kps_severity severity, struct kps_span span,
                                      const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    struct kps_finding *finding = kps_diag_vadd_here(diag, rule, severity, span, fmt, args);
    va_end(args);
    return finding;
}

void kps_finding_expect_parties(struct kps_finding *finding, uint32_t n)
{
    if (n > finding->cap_parties) {
        finding->parties = move_items(finding->diag, finding->parties, finding->n_parties,
                                      &finding->cap_parties, n, sizeof(*finding->parties));
    }
}

struct kps_party *kps_finding_party(struct kps_finding *finding, enum kps_role role,
                                    kps_owner_id owner)
{
    finding->parties = with_room(finding->diag, finding->parties, finding->n_parties,
                                 &finding->cap_parties, sizeof(*finding->parties));
    struct kps_party *party = &finding->parties[finding->n_parties++];
    *party = (struct kps_party){.role = role, .owner = owner};
    return party;
}

void kps_finding_note(struct kps_finding *finding, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    struct kps_sv text = format_text(finding->diag, fmt, args);
    va_end(args);
    finding->notes = with_room(finding->diag, finding->notes, finding->n_notes, &finding->cap_notes,
                               sizeof(text));
    finding->notes[finding->n_notes++] = text;
}

static void add_help(struct kps_finding *finding, struct kps_help help)
{
    finding->helps = with_room(finding->diag, finding->helps, finding->n_helps, &finding->cap_helps,
                               sizeof(help));
    finding->helps[finding->n_helps++] = help;
}

void kps_finding_help(struct kps_finding *finding, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    add_help(finding, (struct kps_help){.text = format_text(finding->diag, fmt, args)});
    va_end(args);
}

void kps_finding_command(struct kps_finding *finding, struct kps_sv command, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    add_help(finding,
             (struct kps_help){.command = command, .text = format_text(finding->diag, fmt, args)});
    va_end(args);
}

void kps_finding_add_help(struct kps_finding *finding, const struct kps_help *help)
{
    for (uint32_t i = 0; i < finding->n_helps; i++) {
        const struct kps_help *known = &finding->helps[i];
        if (help->command.n ? kps_sv_eq(known->command, help->command)
                            : kps_sv_eq(known->text, help->text)) {
            return;
        }
    }
    kps_finding_command(finding, help->command, "%.*s", SV_ARG(help->text));
}

struct kps_sv kps_finding_help_words(struct kps_arena *arena, const struct kps_help *help)
{
    return help->command.n
               ? kps_fmt(arena, "%.*s (%.*s)", SV_ARG(help->command), SV_ARG(help->text))
               : help->text;
}

void kps_finding_fix(struct kps_finding *finding, struct kps_sv title, struct kps_edit edit)
{
    struct kps_fix fix = {title, edit};
    finding->fixes = with_room(finding->diag, finding->fixes, finding->n_fixes, &finding->cap_fixes,
                               sizeof(fix));
    finding->fixes[finding->n_fixes++] = fix;
}

bool kps_finding_is_acceptable(const struct kps_finding *finding)
{
    return finding->rule < KPS_RULE_INPUT_UNREADABLE || finding->severity != KPS_ERROR;
}

struct kps_span kps_finding_span(const struct kps_diag *diag, const struct kps_finding *finding)
{
    if (finding->n_parties == 0 || finding->parties[0].at == 0) {
        return (struct kps_span){0, 0, 0};
    }
    return kps_origins_span(&diag->origins, finding->parties[0].at);
}

static int by_place(const void *left, const void *right, void *context)
{
    const struct kps_diag *diag = context;
    const struct kps_finding *a = *(struct kps_finding *const *)left;
    const struct kps_finding *b = *(struct kps_finding *const *)right;
    struct kps_span at = kps_finding_span(diag, a);
    struct kps_span bt = kps_finding_span(diag, b);
    if (at.file == 0 || bt.file == 0) {
        if (at.file != bt.file) {
            return at.file == 0 ? 1 : -1;
        }
    } else if (at.file != bt.file) {
        int order = kps_sv_cmp(kps_files_get(&diag->files, at.file)->path,
                               kps_files_get(&diag->files, bt.file)->path);
        if (order) {
            return order;
        }
    }
    int order = kps_order_compare(at.off, bt.off);
    order = order ? order : kps_order_compare(a->rule, b->rule);
    order = order ? order : kps_order_compare(a->first, b->first);
    return order ? order : kps_sv_cmp(a->message, b->message);
}

void kps_diag_sort(struct kps_diag *diag)
{
    if (diag->findings.n > 1) {
        qsort_r(diag->findings.v, diag->findings.n, sizeof(struct kps_finding *), by_place, diag);
    }
}
