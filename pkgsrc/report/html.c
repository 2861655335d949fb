#include <stdlib.h>

#include "advice/owner_words.h"
#include "base/buf.h"
#include "base/utf8.h"
#include "report/ci.h"
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

/* Begin a row with its port, which is its heading. */
static void begin_row(const struct page *page, struct kps_sv port, bool is_clash)
{
    (void)fprintf(page->out, "<tr%s><th scope=\"row\">", is_clash ? " class=\"clash\"" : "");
    put_text(page, port);
    (void)fputs("</th>", page->out);
}

static struct kps_sv word_inside(struct kps_arena *arena, uint16_t first, uint16_t last)
{
    if (first == last) {
        return first ? kps_fmt(arena, "%u", first) : SV("");
    }
    return kps_fmt(arena, "%u-%u", first, last);
}

/* Return: the network in which the port is taken, where that is not the host's: ", on a node"; and
 * which host, where there are several. */
static struct kps_sv word_network(struct kps_arena *arena, const struct kps_ledger *ledger,
                                  const struct kps_netns *netns)
{
    struct kps_sv site = kps_ledger_site_name(ledger, netns->site);
    switch (netns->kind) {
    case KPS_NETNS_HOST:
        return site.n ? kps_fmt(arena, ", on %.*s", SV_ARG(site)) : SV("");
    case KPS_NETNS_NODE:
        return SV(", on a node");
    case KPS_NETNS_CLUSTER:
        return SV(", on every node");
    case KPS_NETNS_PRIVATE:
        return kps_fmt(arena, ", inside %.*s", SV_ARG(netns->name));
    }
    return SV("");
}

static void put_claim_row(const struct page *page, const struct kps_claim *claim, uint32_t clash)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_sv address = kps_addr_format(scratch, &claim->addr);
    struct kps_sv network =
        word_network(scratch, page->ledger, kps_ledger_get_netns(page->ledger, claim->netns));
    begin_row(page,
              claim->last ? kps_ports_words(scratch, claim->first, claim->last, claim->protocol)
                          : SV("any free port"),
              clash != 0);
    address = address.n ? address : SV("every address");
    put_element(page, "td", kps_fmt(scratch, "%.*s%.*s", SV_ARG(address), SV_ARG(network)));
    put_element(page, "td", kps_words_claimant(scratch, page->ledger, claim));
    put_element(page, "td", word_inside(scratch, claim->target_first, claim->target_last));
    struct kps_span span = claim->origin
                               ? kps_origins_get(&page->ledger->diag->origins, claim->origin)->span
                               : (struct kps_span){0};
    (void)fputs("<td><code>", page->out);
    put_text(page, kps_report_place(scratch, page->ledger->diag, span));
    (void)fputs("</code>", page->out);
    if (clash) {
        (void)fprintf(page->out, " <a href=\"#finding-%u\">clash</a>", clash);
    }
    (void)fputs("</td></tr>\n", page->out);
}

static int compare_ports(const void *a, const void *b)
{
    const struct kps_claim *left = *(const struct kps_claim *const *)a;
    const struct kps_claim *right = *(const struct kps_claim *const *)b;
    if (left->first != right->first) {
        return left->first < right->first ? -1 : 1;
    }
    if (left->protocol != right->protocol) {
        return left->protocol < right->protocol ? -1 : 1;
    }
    return left < right ? -1 : left > right; /* as they were found */
}

static void put_claim_rows(const struct page *page)
{
    const struct kps_claim *claims = page->ledger->claims.v;
    const struct kps_claim **rows =
        KPS_NEW_N(page->arena, const struct kps_claim *, page->ledger->claims.n + 1);
    size_t n = 0;
    for (uint32_t i = 0; i < page->ledger->claims.n; i++) {
        bool is_shown =
            kps_report_lists(&claims[i]) || (page->clashes[i + 1] && !page->report->is_map);
        if (is_shown && !(claims[i].flags & KPS_CLAIM_DISCARDED)) {
            rows[n++] = &claims[i];
        }
    }
    qsort(rows, n, sizeof *rows, compare_ports);
    for (size_t i = 0; i < n; i++) {
        put_claim_row(page, rows[i], page->clashes[rows[i] - claims + 1]);
    }
}

static void put_use_rows(const struct page *page)
{
    const struct kps_query *query = page->report->query;
    for (size_t i = 0; i < query->n_holdings; i++) {
        struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
        const struct kps_port_use *use = &query->holdings[i];
        begin_row(page, kps_port_use_words(scratch, use), use->is_contended);
        put_element(page, "td", kps_port_use_places(scratch, use));
        put_element(page, "td", kps_owner_words_short(scratch, page->ledger, use->tenant));
        put_element(page, "td", word_inside(scratch, use->target_first, use->target_last));
        put_element(page, "td", kps_words_state(scratch, page->ledger, use));
        (void)fputs("</tr>\n", page->out);
    }
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
        put_text(page, finding->helps[i].text);
        if (finding->helps[i].command.n) {
            (void)fputs(": ", page->out);
            put_element(page, "code", finding->helps[i].command);
        }
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
    struct kps_summary sum = kps_report_summary(page->report);
    (void)fprintf(page->out, "<p>%zu error%s, %zu warning%s, %zu note%s; %zu port%s.%s</p>\n",
                  sum.errors, sum.errors == 1 ? "" : "s", sum.warnings,
                  sum.warnings == 1 ? "" : "s", sum.notes, sum.notes == 1 ? "" : "s", sum.claims,
                  sum.claims == 1 ? "" : "s",
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
    (void)fprintf(out,
                  "<p id=\"box\" hidden><label>Filter <input id=\"words\" type=\"search\"></label> "
                  "<span id=\"shown\" role=\"status\"></span></p>\n"
                  "<table>\n<caption>Host ports and their owners</caption>\n<thead><tr>"
                  "<th scope=\"col\">Port</th><th scope=\"col\">Address</th>"
                  "<th scope=\"col\">Owner</th><th scope=\"col\">Port inside</th>"
                  "<th scope=\"col\">%s</th></tr></thead>\n<tbody>\n",
                  report->query ? "State" : "Place");
    if (report->query) {
        put_use_rows(&page);
    } else {
        put_claim_rows(&page);
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
