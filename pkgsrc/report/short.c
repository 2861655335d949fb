#include "base/buf.h"
#include "base/utf8.h"
#include "report/answer.h"
#include "report/ci.h"
#include "report/words.h"

enum { MOST_PLACES = 3 }; /* of other parties named in a line */

/* The name of a party's owner, escaped; empty when there is none. */
static struct kps_sv name_of(struct kps_arena *arena, const struct kps_ledger *ledger,
                             const struct kps_party *party)
{
    if (!party->owner) {
        return (struct kps_sv){"", 0};
    }
    return kps_utf8_escape(arena, kps_owner_name(kps_ledger_get_owner(ledger, party->owner)));
}

/* Add "'web' at compose.yaml:5:10"; the place alone for the primary's owner. */
static void add_party(struct kps_buf *out, const struct kps_ledger *ledger,
                      const struct kps_finding *finding, const struct kps_party *party)
{
    struct kps_sv place =
        kps_report_place(out->arena, ledger->diag, kps_report_span(ledger->diag, party));
    struct kps_sv name = name_of(out->arena, ledger, party);
    if (name.n && (party->owner != finding->parties[0].owner || place.n == 0)) {
        kps_buf_fmt(out, "'%.*s'%s", SV_ARG(name), place.n ? " at " : "");
    }
    kps_buf_add(out, place);
}

static bool has_other_owner(const struct kps_finding *finding)
{
    for (uint32_t i = 1; i < finding->n_parties; i++) {
        if (finding->parties[i].owner && finding->parties[i].owner != finding->parties[0].owner) {
            return true;
        }
    }
    return false;
}

/* " ('admin' here, 'web' at compose.yaml:5:10)" */
static void add_parties(struct kps_buf *out, const struct kps_ledger *ledger,
                        const struct kps_finding *finding)
{
    if (finding->n_parties < 2) {
        return;
    }
    struct kps_sv name = name_of(out->arena, ledger, &finding->parties[0]);
    kps_buf_text(out, " (");
    if (name.n && has_other_owner(finding)) {
        kps_buf_fmt(out, "'%.*s' here, ", SV_ARG(name));
    }
    for (uint32_t i = 1; i < finding->n_parties && i <= MOST_PLACES; i++) {
        kps_buf_text(out, i > 1 ? ", " : "");
        add_party(out, ledger, finding, &finding->parties[i]);
    }
    if (finding->n_parties - 1 > MOST_PLACES) {
        kps_buf_fmt(out, " and %u more", finding->n_parties - 1 - MOST_PLACES);
    }
    kps_buf_char(out, ')');
}

struct kps_sv kps_ci_sentence(struct kps_arena *arena, const struct kps_report *report,
                              const struct kps_finding *finding)
{
    struct kps_buf *line = kps_buf_new(arena);
    kps_buf_add(line, kps_utf8_escape(arena, finding->message));
    add_parties(line, report->ledger, finding);
    return kps_buf_sv(line);
}

/* Add what the user can do, `n` helps of it: "; help: docker stop web (stops the container)". */
static void add_helps(struct kps_buf *out, const struct kps_finding *finding, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct kps_sv words = kps_finding_help_words(out->arena, &finding->helps[i]);
        kps_buf_fmt(out, "; help: %s", kps_words_shown(out->arena, words));
    }
}

/* Add the holder and the first help: "; held by process 8 (postgres); help: kill 8 (ends it)". */
static void add_answer(struct kps_buf *out, const struct kps_finding *finding)
{
    for (uint32_t i = 0; i < finding->n_parties; i++) {
        const struct kps_party *party = &finding->parties[i];
        if (party->role == KPS_ROLE_HOLDER && party->label.n) {
            kps_buf_fmt(out, "; held by %s", kps_words_shown(out->arena, party->label));
        }
    }
    add_helps(out, finding, finding->n_helps > 0);
}

static void put_finding(const struct kps_report *report, const struct kps_finding *finding,
                        const struct kps_style *style, FILE *out)
{
    const struct kps_ledger *ledger = report->ledger;
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_sv place =
        kps_report_place(scratch, ledger->diag, kps_finding_span(ledger->diag, finding));
    if (place.n) {
        kps_style_put(out, style, KPS_PAINT_TITLE, place);
        (void)fputs(": ", out);
    }
    kps_style_put(out, style, kps_paint_of(finding->severity),
                  kps_sv_of(kps_severity_name(finding->severity)));
    struct kps_buf *line = kps_buf_new(scratch);
    kps_buf_text(line, ": ");
    kps_buf_add(line, kps_utf8_escape(scratch, finding->message));
    if (report->is_diagnosis) {
        add_answer(line, finding);
    } else {
        add_parties(line, ledger, finding);
        if (finding->severity == KPS_ERROR) {
            add_helps(line, finding, finding->n_helps);
        }
    }
    const struct kps_rule_info *rule = kps_rule_info(finding->rule);
    if (rule) {
        kps_buf_fmt(line, " [%s]", rule->id);
    }
    kps_buf_char(line, '\n');
    struct kps_sv text = kps_buf_sv(line);
    (void)fwrite(text.p, 1, text.n, out);
}

void kps_report_short(const struct kps_report *report, const struct kps_style *style, FILE *out)
{
    const struct kps_diag *diag = report->ledger->diag;
    if (report->assignment) {
        kps_report_assignment(report, style, out);
        return;
    }
    if (report->free_ports) {
        kps_answer_free(report, style, out);
        return;
    }
    if (report->query || report->is_map) {
        kps_answer_lines(report, style, out);
    }
    for (uint32_t i = 0; i < diag->findings.n && !report->is_map; i++) {
        if (!diag->findings.v[i]->suppressed.p) {
            put_finding(report, diag->findings.v[i], style, out);
        }
    }
}
