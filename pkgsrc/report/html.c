#include "base/count.h"
#include "base/utf8.h"
#include "report/ci.h"
#include "report/port_list.h"
#include "report/words.h"

/*
 * A single HTML file: the map of ports and their owners, clashes marked, and the findings. Nothing
 * is loaded from elsewhere (the policy in its head forbids it), and only the filter box needs the
 * script. All text of inputs is escaped.
 */
static const char HEAD[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
    "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<title>Ports - kportscan</title>\n<style>\n"
    ":root{color-scheme:light dark;--fg:#1a1a1a;--bg:#fff;--line:#c8c8c8;--red:#b00020;"
    "--shade:#fdecee;--dim:#595959}\n"
    "@media(prefers-color-scheme:dark){:root{--fg:#e6e6e6;--bg:#16181c;--line:#44484f;"
    "--red:#ff8a95;--shade:#3a1f24;--dim:#a8adb5}}\n"
    "body{font:16px/1.5 system-ui,sans-serif;color:var(--fg);background:var(--bg);"
    "max-width:75rem;margin:2rem auto;padding:0 1rem}\n"
    "table{border-collapse:collapse;width:100%}\n"
    "caption{text-align:left;color:var(--dim)}\n"
    "th,td{text-align:left;vertical-align:top;padding:.3rem .7rem .3rem 0;"
    "border-bottom:1px solid var(--line);overflow-wrap:anywhere}\n"
    "tr>:first-child{padding-left:.5rem}\n"
    "thead th{position:sticky;top:0;background:var(--bg)}\n"
    "tbody th,code{font-family:ui-monospace,monospace;font-weight:600}\n"
    "code{font-weight:400;overflow-wrap:anywhere}\n"
    "tr.clash{background:var(--shade)}tr.clash th,.error h3,tr.clash a{color:var(--red)}\n"
    "article{border-left:.3rem solid var(--line);padding-left:1rem;margin:1.5rem 0}\n"
    "article.error{border-color:var(--red)}\nh3{font-size:1rem;margin:0}\n"
    "li{margin:.2rem 0}input{font:inherit;padding:.3rem;width:20rem;max-width:100%}\n"
    "@media print{#box{display:none}thead th{position:static}tr{break-inside:avoid}}\n"
    "</style>\n</head>\n<body>\n<h1>Ports</h1>\n";

static const char SCRIPT[] =
    "<script>\n"
    "const box = document.getElementById(\"box\"), words = document.getElementById(\"words\");\n"
    "box.hidden = false;\n"
    "words.oninput = () => {\n"
    "  const wanted = words.value.toLowerCase().split(/\\s+/);\n"
    "  let shown = 0;\n"
    "  for (const row of document.querySelectorAll(\"tbody tr\")) {\n"
    "    const text = row.textContent.toLowerCase();\n"
    "    row.hidden = !wanted.every(word => text.includes(word));\n"
    "    shown += !row.hidden;\n"
    "  }\n"
    "  document.getElementById(\"shown\").textContent = shown + \" shown\";\n"
    "};\n"
    "</script>\n";

struct page {
    const struct kps_report *report;
    const struct kps_ledger *ledger;
    struct kps_arena *arena;
    const uint32_t *clashes; /* by claim id: the number of its first finding, 0: none */
    FILE *out;
};

static void put_text(const struct page *page, struct kps_sv raw)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_sv safe = kps_utf8_escape(scratch, raw);
    for (size_t i = 0; i < safe.n; i++) {
        switch (safe.p[i]) {
        case '&':
            (void)fputs("&amp;", page->out);
            break;
        case '<':
            (void)fputs("&lt;", page->out);
            break;
        case '>':
            (void)fputs("&gt;", page->out);
            break;
        default:
            (void)fputc(safe.p[i], page->out);
        }
    }
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
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_sv address = row->cells[KPS_PORT_ADDRESS];
    struct kps_sv at = row->cells[KPS_PORT_CONTEXT];
    bool is_told = at.n && !kps_sv_is(at, "host");
    const struct kps_netns *netns = kps_ledger_get_netns(page->ledger, row->use.netns);
    const char *before = netns->kind == KPS_NETNS_PRIVATE ? ", inside " : ", on ";
    address = kps_sv_is(address, "*") ? SV("every address") : address;
    (void)fprintf(page->out, "<tr%s><th scope=\"row\">",
                  row->use.is_contended ? " class=\"clash\"" : "");
    put_text(page, kps_fmt(scratch, "%.*s/%.*s", SV_ARG(row->cells[KPS_PORT_NUMBER]),
                           SV_ARG(row->cells[KPS_PORT_PROTOCOL])));
    (void)fputs("</th>", page->out);
    put_element(page, "td",
                kps_fmt(scratch, "%.*s%s%.*s", SV_ARG(address), is_told ? before : "",
                        SV_ARG(is_told ? at : SV(""))));
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
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_diag *diag = page->ledger->diag;
    const char *severity = kps_severity_name(finding->severity);
    (void)fprintf(page->out, "<article id=\"finding-%zu\" class=\"%s\">\n", number, severity);
    put_element(page, "h3",
                kps_fmt(scratch, "%s %.*s", severity, SV_ARG(kps_ci_rule(scratch, finding))));
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
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_summary sum = kps_report_summary(page->report);
    (void)fprintf(page->out, "<p>%.*s; %.*s.%s</p>\n",
                  SV_ARG(kps_report_count_findings(scratch, &sum)),
                  SV_ARG(kps_count_of(scratch, sum.claims, "port")),
                  sum.complete ? "" : " <strong>Not everything could be read.</strong>");
}

void kps_report_html(const struct kps_report *report, const struct kps_style *style, FILE *out)
{
    (void)style;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct page page = {.report = report, .ledger = report->ledger, .arena = arena, .out = out};
    struct kps_ci_findings findings = kps_ci_sorted(arena, report, false);
    page.clashes = kps_ci_clashes(arena, report, &findings);
    (void)fputs(HEAD, out);
    put_summary(&page);
    (void)fprintf(
        out,
        "<p id=\"box\" hidden><label>Filter <input id=\"words\" type=\"search\"></label> "
        "<span id=\"shown\" role=\"status\"></span></p>\n"
        "<table>\n<caption>Host ports and their owners</caption>\n<thead><tr>"
        "<th scope=\"col\">Port</th><th scope=\"col\">Address</th>"
        "<th scope=\"col\">Owner</th><th scope=\"col\">Where</th>"
        "<th scope=\"col\">Port inside</th><th scope=\"col\">%s</th></tr></thead>\n<tbody>\n",
        report->query ? "State" : "Place");
    struct kps_port_list list = kps_port_list_of(arena, report);
    for (size_t i = 0; i < list.n; i++) {
        put_row(&page, &list.rows[i]);
    }
    (void)fputs("</tbody>\n</table>\n", out);
    if (findings.n) {
        (void)fputs("<h2>Findings</h2>\n", out);
    }
    for (size_t i = 0; i < findings.n; i++) {
        put_finding(&page, findings.v[i], i + 1);
    }
    (void)fputs(SCRIPT, out);
    (void)fputs("</body>\n</html>\n", out);
}
