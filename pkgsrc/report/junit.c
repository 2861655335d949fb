#include "base/map.h"
#include "base/utf8.h"
#include "report/ci.h"
#include "report/words.h"

/*
 * JUnit's XML as CI systems read it: one suite for each file with findings, and for each input
 * without findings; a test case for each finding, which fails for errors and warnings, and a
 * passing case for a clean input.
 */
struct suites {
    const struct kps_report *report;
    struct kps_arena *arena;
    struct kps_ci_findings findings; /* by place */
    const struct kps_input **clean;
    size_t n_clean;
    FILE *out;
};

/*
 * Escape the text of an element or attribute; characters that XML 1.0 forbids are escaped as on a
 * terminal.
 */
static const char *escape_xml(struct kps_arena *arena, struct kps_sv text)
{
    return kps_words_replace(arena, kps_utf8_escape(arena, text), "& &amp; < &lt; > &gt; \" &quot;")
        .p;
}

static kps_file_id file_of(const struct suites *suites, size_t index)
{
    return kps_finding_span(suites->report->ledger->diag, suites->findings.v[index]).file;
}

static bool is_failure(const struct kps_finding *finding)
{
    return finding->severity != KPS_NOTE;
}

static void put_case(const struct suites *suites, const struct kps_finding *finding,
                     struct kps_sv path)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_diag *diag = suites->report->ledger->diag;
    struct kps_span span = kps_finding_span(diag, finding);
    const char *sentence = escape_xml(scratch, kps_ci_sentence(scratch, suites->report, finding));
    uint32_t line = span.file ? kps_files_pos(&diag->files, span.file, span.off).line : 1;
    const char *file = escape_xml(scratch, path);
    (void)fprintf(suites->out,
                  "    <testcase classname=\"%s\" name=\"%s: %s\" file=\"%s\" line=\"%u\">", file,
                  escape_xml(scratch, kps_ci_rule(scratch, finding)), sentence, file, line);
    if (!is_failure(finding)) {
        (void)fprintf(suites->out, "<system-out>note: %s</system-out></testcase>\n", sentence);
        return;
    }
    (void)fprintf(suites->out, "\n      <failure message=\"%s\" type=\"%s\">%s:%u: %s: %s\n",
                  sentence, kps_severity_name(finding->severity), file, line,
                  kps_severity_name(finding->severity), sentence);
    for (uint32_t i = 0; i < finding->n_notes; i++) {
        (void)fprintf(suites->out, "note: %s\n", escape_xml(scratch, finding->notes[i]));
    }
    for (uint32_t i = 0; i < finding->n_helps; i++) {
        struct kps_sv help = kps_finding_help_words(scratch, &finding->helps[i]);
        (void)fprintf(suites->out, "help: %s\n", escape_xml(scratch, help));
    }
    (void)fputs("</failure>\n    </testcase>\n", suites->out);
}

/* Print the suite of a file: the findings from .. to. */
static void put_suite(const struct suites *suites, size_t from, size_t to)
{
    struct kps_sv path = kps_ci_path_of(suites->arena, suites->report, file_of(suites, from));
    size_t failures = 0;
    for (size_t i = from; i < to; i++) {
        failures += is_failure(suites->findings.v[i]);
    }
    (void)fprintf(suites->out,
                  "  <testsuite name=\"%s\" tests=\"%zu\" failures=\"%zu\" errors=\"0\">\n",
                  escape_xml(suites->arena, path), to - from, failures);
    for (size_t i = from; i < to; i++) {
        put_case(suites, suites->findings.v[i], path);
    }
    (void)fputs("  </testsuite>\n", suites->out);
}

static void put_clean(const struct suites *suites, const struct kps_input *input)
{
    const char *path =
        escape_xml(suites->arena, kps_ci_path(suites->arena, suites->report, input->path));
    (void)fprintf(suites->out,
                  "  <testsuite name=\"%s\" tests=\"1\" failures=\"0\" errors=\"0\">\n"
                  "    <testcase classname=\"%s\" name=\"no port conflict\" file=\"%s\"/>\n"
                  "  </testsuite>\n",
                  path, path, path);
}

/* Keep the inputs that could be judged and have no findings, in suites->clean. */
static void find_clean_inputs(struct suites *suites)
{
    const struct kps_report *report = suites->report;
    struct kps_map seen = {0};
    for (size_t i = 0; i < suites->findings.n; i++) {
        kps_file_id file = file_of(suites, i);
        if (file) {
            struct kps_sv path = kps_files_get(&report->ledger->diag->files, file)->path;
            (void)kps_map_put(&seen, suites->arena, path, 1);
        }
    }
    suites->clean = KPS_NEW_N(suites->arena, const struct kps_input *, report->n_inputs + 1);
    for (size_t i = 0; i < report->n_inputs; i++) {
        const struct kps_input *input = &report->inputs[i];
        if (input->status == KPS_INPUT_OK && !kps_map_get(&seen, input->path, 0)) {
            suites->clean[suites->n_clean++] = input;
        }
    }
}

void kps_report_junit(const struct kps_report *report, const struct kps_style *style, FILE *out)
{
    (void)style;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    const struct kps_diag *diag = report->ledger->diag;
    struct suites suites = {.report = report, .arena = arena, .out = out};
    size_t failures = 0;
    suites.findings.v = KPS_NEW_N(arena, const struct kps_finding *, (size_t)diag->findings.n + 1);
    for (uint32_t i = 0; i < diag->findings.n; i++) {
        if (!diag->findings.v[i]->suppressed.p) {
            suites.findings.v[suites.findings.n++] = diag->findings.v[i];
            failures += is_failure(diag->findings.v[i]);
        }
    }
    find_clean_inputs(&suites);
    (void)fprintf(out,
                  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                  "<testsuites name=\"kportscan\" tests=\"%zu\" failures=\"%zu\" errors=\"0\">\n",
                  suites.findings.n + suites.n_clean, failures);
    for (size_t from = 0, to = 0; from < suites.findings.n; from = to) {
        while (to < suites.findings.n && file_of(&suites, to) == file_of(&suites, from)) {
            to++;
        }
        put_suite(&suites, from, to);
    }
    for (size_t i = 0; i < suites.n_clean; i++) {
        put_clean(&suites, suites.clean[i]);
    }
    (void)fputs("</testsuites>\n", out);
}
