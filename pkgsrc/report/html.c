#include "base/count.h"
#include "base/utf8.h"
#include "report/ci.h"
#include "report/port_list.h"
#include "report/words.h"
#include "texts/text.h"

/*
 * A single HTML file: the map of ports and their owners, clashes marked, and the findings. Nothing
 * is loaded from elsewhere (the policy in its head forbids it), and only the filter box needs the
 * script. All text of inputs is escaped. The page report/html.txt is the frame; a '^' ends each of
 * its parts.
 */
struct page {
    const struct kps_report *report;
    const struct kps_ledger *ledger;
    struct kps_arena *scratch; /* of a row or a finding */
    struct kps_sv frame;       /* its parts that are still to be printed */
    const uint32_t *clashes;   /* by claim id: the number of its first finding, 0: none */
    FILE *out;
};

/* Print the next part of the frame. */
static void put_part(struct page *page)
{
    struct kps_sv part = kps_sv_before(page->frame, '^');
    (void)fwrite(part.p, 1, part.n, page->out);
    page->frame = kps_sv_from(page->frame, part.n + 1);
}

static void put_text(const struct page *page, struct kps_sv raw)
{
    struct kps_sv safe = kps_utf8_escape(page->scratch, raw);
    (void)fputs(kps_words_replace(page->scratch, safe, "& &amp; < &lt; > &gt;").p, page->out);
}

static void put_element(const struct page *page, const char *tag, struct kps_sv raw)
{
    (void)fprintf(page->out, "<%s>", tag);
    put_text(page, raw);
    (void)fprintf(page->out, "</%s>", tag);
}

/* Print the number of a claim's finding as a link. */
static void put_clash(const struct page *page, const struct kps_port_row *row)
{
    uint32_t clash = page->report->query ? 0 : page->clashes[row->use.claim];
    if (clash) {
        (void)fprintf(page->out, " <a href=\"#finding-%u\">clash</a>", clash);
    }
}

/* Print a row of the list: its port is its heading. */
static void put_row(const struct page *page, const struct kps_port_row *row)
{
    struct kps_arena *scratch = page->scratch;
    struct kps_sv address = row->cells[KPS_PORT_ADDRESS];
    struct kps_sv at = row->cells[KPS_PORT_CONTEXT];
    at = kps_sv_is(at, "host") ? SV("") : at;
    const struct kps_netns *netns = kps_ledger_get_netns(page->ledger, row->use.netns);
    const char *before = netns->kind == KPS_NETNS_PRIVATE ? ", inside " : ", on ";
    address = kps_sv_is(address, "*") ? SV("every address") : address;
    (void)fprintf(page->out, "<tr%s><th scope=\"row\">",
                  row->use.is_contended ? " class=\"clash\"" : "");
    put_text(page, kps_fmt(scratch, "%.*s/%.*s", SV_ARG(row->cells[KPS_PORT_NUMBER]),
                           SV_ARG(row->cells[KPS_PORT_PROTOCOL])));
    (void)fputs("</th>", page->out);
    put_element(page, "td",
                kps_fmt(scratch, "%.*s%s%.*s", SV_ARG(address), at.n ? before : "", SV_ARG(at)));
    put_element(page, "td", row->cells[KPS_PORT_OWNER]);
    put_element(page, "td", row->cells[KPS_PORT_WHERE]);
    put_element(page, "td",
                row->use.target_first
                    ? kps_ports_digits(scratch, row->use.target_first, row->use.target_last)
                    : SV(""));
    (void)fputs(page->report->query ? "<td>" : "<td><code>", page->out);
    put_text(page, row->cells[page->report->query ? KPS_PORT_STATE : KPS_PORT_PLACE]);
    (void)fputs(page->report->query ? "" : "</code>", page->out);
    put_clash(page, row);
    (void)fputs("</td></tr>\n", page->out);
}

static void put_list(const struct page *page, const struct kps_finding *finding)
{
    (void)fputs("<ul>\n", page->out);
    for (uint32_t i = 0; i < finding->n_notes; i++) {
        put_element(page, "li", finding->notes[i]);
    }
    if (finding->up_error.n) {
        (void)fprintf(page->out, "<li>%s: <code>", kps_words_speaker(finding));
        put_text(page, finding->up_error);
        (void)fputs("</code></li>", page->out);
    }
    for (uint32_t i = 0; i < finding->n_helps; i++) {
        (void)fputs("<li><strong>help:</strong> ", page->out);
        if (finding->helps[i].command.n) {
            put_element(page, "code", finding->helps[i].command);
            (void)fputs("<br>", page->out);
        }
        put_text(page, finding->helps[i].text);
        (void)fputs("</li>", page->out);
    }
    (void)fputs("\n</ul>\n", page->out);
}

static void put_finding(const struct page *page, const struct kps_finding *finding, size_t number)
{
    struct kps_arena *scratch = page->scratch;
    struct kps_diag *diag = page->ledger->diag;
    const char *severity = kps_severity_name(finding->severity);
    (void)fprintf(page->out, "<article id=\"finding-%zu\" class=\"%s\">\n", number, severity);
    put_element(page, "h3", kps_fmt(scratch, "%s %s", severity, kps_ci_rule(scratch, finding).p));
    put_element(page, "p", kps_ci_sentence(scratch, page->report, finding));
    struct kps_sv place = kps_report_place(scratch, diag, kps_finding_span(diag, finding));
    if (place.n) {
        put_element(page, "code", place);
    }
    put_list(page, finding);
    (void)fputs("</article>\n", page->out);
}

static void put_summary(const struct page *page)
{
    struct kps_summary sum = kps_report_summary(page->report);
    (void)fprintf(page->out, "<p>%s; %s.%s</p>\n", kps_report_count_findings(page->scratch, &sum).p,
                  kps_count_of(page->scratch, sum.claims, "port").p,
                  sum.complete ? "" : " <strong>Not everything could be read.</strong>");
}

void kps_report_html(const struct kps_report *report, const struct kps_style *style, FILE *out)
{
    (void)style;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_ci_findings findings = kps_ci_sorted(arena, report, false);
    struct kps_port_list list = kps_port_list_of(arena, report);
    struct page page = {.report = report,
                        .ledger = report->ledger,
                        .scratch = scratch,
                        .frame = kps_text_unpack(arena, KPS_TEXT_HTML),
                        .clashes = kps_ci_clashes(arena, report, &findings),
                        .out = out};
    put_part(&page);
    put_summary(&page);
    put_part(&page);
    (void)fputs(report->query ? "State" : "Place", out);
    put_part(&page);
    for (size_t i = 0; i < list.n; i++) {
        put_row(&page, &list.rows[i]);
        kps_arena_reset(scratch);
    }
    put_part(&page);
    if (findings.n) {
        (void)fputs("<h2>Findings</h2>\n", out);
    }
    for (size_t i = 0; i < findings.n; i++) {
        put_finding(&page, findings.v[i], i + 1);
        kps_arena_reset(scratch);
    }
    put_part(&page);
}
