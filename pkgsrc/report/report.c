#include "report/report.h"

#include "advice/owner_words.h"
#include "base/buf.h"
#include "base/count.h"
#include "base/utf8.h"

enum {
    LISTS = KPS_FORMAT_LIST | KPS_FORMAT_MAP,
    ALL = KPS_FORMAT_CHECK | LISTS | KPS_FORMAT_FREE | KPS_FORMAT_DIAGNOSE | KPS_FORMAT_ASSIGN,
};

const struct kps_format kps_formats[] = {
    {"text", kps_report_text, ALL},
    {"short", kps_report_short, ALL},
    {"json", kps_report_json, ALL},
    {"sarif", kps_report_sarif, KPS_FORMAT_CHECK},
    {"github", kps_report_github, KPS_FORMAT_CHECK},
    {"gitlab", kps_report_gitlab, KPS_FORMAT_CHECK},
    {"junit", kps_report_junit, KPS_FORMAT_CHECK},
    {"rdjson", kps_report_rdjson, KPS_FORMAT_CHECK},
    {"table", kps_report_table, LISTS},
    {"csv", kps_report_csv, LISTS},
    {"markdown", kps_report_markdown, KPS_FORMAT_CHECK | LISTS},
    {"mermaid", kps_report_mermaid, KPS_FORMAT_CHECK | KPS_FORMAT_MAP},
    {"html", kps_report_html, KPS_FORMAT_CHECK | LISTS | KPS_FORMAT_DIAGNOSE},
    {"env", kps_report_env, KPS_FORMAT_ASSIGN},
    {"override", kps_report_override, KPS_FORMAT_ASSIGN},
    {NULL, NULL, 0},
};

const char *kps_format_fault(struct kps_arena *arena, const struct kps_format *format, unsigned use)
{
    static const struct {
        unsigned use;
        const char *is_for, *has;
    } words[] = {{KPS_FORMAT_CHECK, "checks", "a check has"},
                 {KPS_FORMAT_LIST, "lists (--docker, --host, --cluster, --map)",
                  "a list or question about ports has"},
                 {KPS_FORMAT_MAP, "--map", "--map has"},
                 {KPS_FORMAT_FREE, "--free", "--free has"},
                 {KPS_FORMAT_DIAGNOSE, "--diagnose", "--diagnose has"},
                 {KPS_FORMAT_ASSIGN, "--assign", "--assign has"}};
    const char *is_for = NULL;
    const char *has = "";
    if (format->uses & use) {
        return NULL;
    }
    for (size_t i = 0; i < KPS_COUNT(words); i++) {
        is_for = is_for || !(format->uses & words[i].use) ? is_for : words[i].is_for;
        has = use == words[i].use ? words[i].has : has;
    }
    struct kps_buf *out = kps_buf_new(arena);
    kps_buf_fmt(out, "format '%s' is for %s; %s", format->name, is_for, has);
    const char *before = " ";
    for (const struct kps_format *other = kps_formats; other->name; other++) {
        if (other->uses & use) {
            kps_buf_fmt(out, "%s%s", before, other->name);
            before = ", ";
        }
    }
    return kps_buf_sv(out).p;
}

const struct kps_format *kps_format_by_name(struct kps_sv name)
{
    for (const struct kps_format *format = kps_formats; format->name; format++) {
        if (kps_sv_eq(name, kps_sv_of(format->name))) {
            return format;
        }
    }
    return NULL;
}

bool kps_report_lists(const struct kps_claim *claim)
{
    return !(claim->flags & (KPS_CLAIM_DERIVED | KPS_CLAIM_ASIDE));
}

static void count_findings(const struct kps_diag *diag, struct kps_summary *summary)
{
    for (uint32_t i = 0; i < diag->findings.n; i++) {
        const struct kps_finding *finding = diag->findings.v[i];
        if (finding->suppressed.p) {
            summary->suppressed++;
            continue;
        }
        switch (finding->severity) {
        case KPS_NOTE:
            summary->notes++;
            break;
        case KPS_WARNING:
            summary->warnings++;
            break;
        case KPS_ERROR:
            summary->errors++;
            break;
        }
    }
}

struct kps_span kps_report_span(const struct kps_diag *diag, const struct kps_party *party)
{
    return party->at ? kps_origins_span(&diag->origins, party->at) : (struct kps_span){0, 0, 0};
}

/* Return: was the claim found on a machine, and is not written in a file? */
static bool is_found(const struct kps_diag *diag, const struct kps_claim *claim)
{
    enum kps_step step =
        claim->origin ? kps_origins_step(&diag->origins, claim->origin) : KPS_STEP_HERE;
    return step == KPS_STEP_ENGINE || step == KPS_STEP_KERNEL;
}

struct kps_summary kps_report_summary(const struct kps_report *report)
{
    const struct kps_ledger *ledger = report->ledger;
    struct kps_summary summary = {.inputs = report->n_inputs,
                                  .complete =
                                      !ledger->diag->incomplete && !ledger->diag->has_unknown};
    count_findings(ledger->diag, &summary);
    for (size_t i = 0; i < report->n_inputs; i++) {
        const struct kps_input *input = &report->inputs[i];
        summary.inputs_failed += input->status == KPS_INPUT_FAILED;
        summary.complete &= input->status == KPS_INPUT_OK;
        summary.files += input->n_files ? input->n_files : 1;
    }
    if (report->query) {
        summary.claims = report->query->n_holdings;
        return summary;
    }
    for (uint32_t i = 0; i < ledger->claims.n; i++) {
        const struct kps_claim *claim = &ledger->claims.v[i];
        summary.claims += kps_report_lists(claim);
        summary.published += !is_found(ledger->diag, claim) && kps_report_lists(claim) &&
                             !(claim->flags & KPS_CLAIM_DISCARDED);
    }
    return summary;
}

struct kps_sv kps_report_count_findings(struct kps_arena *arena, const struct kps_summary *sum)
{
    return kps_fmt(arena, "%s, %s, %s", kps_count_of(arena, sum->errors, "error").p,
                   kps_count_of(arena, sum->warnings, "warning").p,
                   kps_count_of(arena, sum->notes, "note").p);
}

struct kps_sv kps_report_path(struct kps_arena *arena, struct kps_sv path)
{
    static const struct kps_sv plain = SV_LIT("./_-~");
    bool is_plain = path.n && (kps_is_alpha(path.p[0]) || kps_is_digit(path.p[0]) ||
                               kps_sv_find(plain, path.p[0]) < plain.n);
    bool is_command = !is_plain && kps_sv_contains(path, SV("::"));
    return kps_utf8_escape(arena, is_command ? kps_fmt(arena, "./%.*s", SV_ARG(path)) : path);
}

struct kps_sv kps_report_place(struct kps_arena *arena, struct kps_diag *diag, struct kps_span span)
{
    if (span.file == 0) {
        return (struct kps_sv){"", 0};
    }
    struct kps_sv path = kps_report_path(arena, kps_files_get(&diag->files, span.file)->path);
    struct kps_pos pos = kps_files_pos(&diag->files, span.file, span.off);
    return kps_fmt(arena, "%.*s:%u:%u", SV_ARG(path), pos.line, pos.col);
}

bool kps_question_meets(const struct kps_question *question, const struct kps_port_use *holding)
{
    struct kps_ports six = question->ports;
    six.addr = (struct kps_addr){.kind = KPS_ADDR_ONE6, .bytes = {[15] = 1}}; /* ::1 */
    for (uint32_t i = 0; i < holding->n_addrs; i++) {
        struct kps_ports held = {holding->addrs[i], holding->first, holding->last,
                                 holding->protocol};
        if (kps_ports_meet(&question->ports, &held) ||
            (question->is_localhost && kps_ports_meet(&six, &held))) {
            return true;
        }
    }
    return false;
}

size_t kps_report_choose_claims(struct kps_ledger *ledger, const struct kps_list *names)
{
    size_t n = 0;
    for (uint32_t i = 0; i < ledger->claims.n; i++) {
        struct kps_claim *claim = &ledger->claims.v[i];
        bool is_meant = names->n == 0;
        for (size_t k = 0; k < names->n && !is_meant; k++) {
            is_meant = kps_owner_words_match(ledger, claim->owner, names->v[k]);
        }
        bool is_idle = claim->copies == 0; /* no replica is started */
        if (!is_meant || is_idle ||
            kps_ledger_get_netns(ledger, claim->netns)->kind == KPS_NETNS_PRIVATE) {
            claim->flags |= KPS_CLAIM_ASIDE;
        }
        n += kps_report_lists(claim);
    }
    return n;
}
