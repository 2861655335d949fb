#include "diagnose.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "core/fingerprint.h"
#include "diagnose/log_reader.h"
#include "diagnose/scan.h"
#include "session.h"

enum {
    PAUSE_MS = 300,  /* a pause of the writer that ends a message; a stack trace has none */
    RIPE_LINES = 12, /* after an error, of a writer that makes no pause */
};

struct run {
    const struct kps_options *options;
    const struct kps_env *env;
    struct kps_sv path, shown;
    struct kps_log_reader log;
    struct kps_scan scan;
    uint32_t n_told; /* answered symptoms */
    bool tells_live; /* each pause, to standard output */
    bool write_failed;
};

/* Report the symptoms that were not reported yet, and the fault of the log. Return: the exit code.
 */
static int report_symptoms(struct run *run, struct kps_sv fault)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_session session;
    kps_session_open(&session, arena, run->options, run->env);
    kps_file_id file =
        kps_files_add(&session.diag.files, run->shown, kps_log_reader_text(&run->log));
    uint32_t n = run->scan.found.all.n - run->n_told;
    struct kps_port_uses uses =
        kps_session_diagnose(&session, file, n ? &run->scan.found.all.v[run->n_told] : NULL, n);
    run->n_told = run->scan.found.all.n;
    if (fault.n) {
        bool is_binary = run->log.is_binary;
        (void)kps_diag_add(&session.diag,
                           is_binary ? KPS_RULE_INPUT_INVALID : KPS_RULE_INPUT_UNREADABLE,
                           KPS_ERROR, 0, "%.*s", SV_ARG(fault));
    }
    kps_fingerprint_all(&session.ledger);
    kps_diag_sort(&session.diag);
    struct kps_input input = {.path = run->shown,
                              .kind = KPS_INPUT_LOG,
                              .status = run->log.was_cut ? KPS_INPUT_PARTIAL : KPS_INPUT_OK,
                              .error = fault,
                              .files = &run->shown,
                              .n_files = 1};
    if (fault.n) {
        input.status = KPS_INPUT_FAILED;
    } else if (run->log.was_cut) {
        input.error = kps_fmt(arena, "there is more than %d MiB of it", KPS_LIMIT_LOG_BYTES >> 20);
    }
    struct kps_report report = kps_session_report(&session, "diagnose");
    report.inputs = &input;
    report.n_inputs = 1;
    report.lists_claims = true;
    report.holdings = uses.v;
    report.n_holdings = uses.n;
    report.is_diagnosis = true;
    report.is_brief = true;
    run->write_failed = kps_session_write(&session, &report, 0) != 0 || run->write_failed;
    kps_session_close(&session);
    return fault.n ? KPS_EXIT_INPUT : 0;
}

/* Return whether the answers go to standard output as lines or frames, which can be written bit by
 * bit. */
static bool can_tell_live(const struct kps_options *options)
{
    bool is_plain =
        options->output.n == 0 || (options->output.n == 1 && options->output.v[0].file.n == 0 &&
                                   strcmp(options->output.v[0].format->name, "json") != 0);
    return is_plain && options->log.quiet < 2;
}

/* Return whether a symptom waits for its report, and no further line can add to the symptom. */
static bool is_ripe(const struct run *run)
{
    uint32_t n = run->scan.found.all.n;
    return n > run->n_told && run->scan.found.all.v[n - 1].line + RIPE_LINES <= run->scan.lines;
}

static void read_log(struct run *run)
{
    while (!run->log.at_end) {
        bool is_pending =
            run->tells_live && (run->scan.found.all.n > run->n_told || run->scan.dump.line);
        bool is_silent = !kps_log_reader_more(&run->log, is_pending ? PAUSE_MS : -1);
        kps_scan_text(&run->scan, kps_log_reader_text(&run->log), run->log.at_end);
        if (run->log.at_end || !run->tells_live) {
            continue;
        }
        if (is_silent) {
            kps_scan_settle(&run->scan);
        }
        if (run->scan.found.all.n > run->n_told && (is_silent || is_ripe(run))) {
            kps_scan_settle(&run->scan);
            (void)report_symptoms(run, (struct kps_sv){"", 0});
        }
    }
}

/* Print the notices that end a run. */
static void close_with_words(const struct run *run)
{
    if (run->log.was_cut) {
        kps_log_notice(&run->options->log,
                       "only the first %d MiB of '%.*s' were read; 'tail' gives its end",
                       KPS_LIMIT_LOG_BYTES >> 20, SV_ARG(run->shown));
    }
    if (run->scan.found.overflowed) {
        kps_log_notice(&run->options->log, "only the first %d different errors are answered",
                       KPS_SYMPTOM_LIST_MAX);
    }
    if (run->scan.found.all.n == 0) {
        kps_log_notice(&run->options->log, "no port error in '%.*s' (%u line%s)",
                       SV_ARG(run->shown), run->scan.lines, run->scan.lines == 1 ? "" : "s");
    }
}

/*
 * Return whether an argument is the message itself and no file: several words, or a port error
 * ("EADDRINUSE:::3000").
 */
static bool is_message(struct kps_arena *arena, struct kps_sv argument)
{
    bool has_symptom = kps_scan_has_symptom(arena, argument);
    bool is_path = kps_sv_find(argument, '/') < argument.n && !has_symptom;
    return has_symptom || (!is_path && kps_sv_find(argument, ' ') < argument.n);
}

int kps_diagnose(struct kps_arena *arena, const struct kps_options *options,
                 const struct kps_env *env)
{
    struct run run = {
        .options = options, .env = env, .path = SV("-"), .tells_live = can_tell_live(options)};
    run.path = options->inputs.named.n ? options->inputs.named.v[0] : run.path;
    bool is_stdin = kps_sv_is(run.path, "-");
    run.shown = run.path;
    if (is_stdin) {
        run.shown = options->inputs.stdin_name.n ? options->inputs.stdin_name : SV("<stdin>");
    }
    kps_scan_begin(&run.scan, arena);
    int failed = kps_log_reader_open(&run.log, kps_cstr(arena, run.path));
    if ((failed == ENOENT || failed == ENAMETOOLONG) && is_message(arena, run.path)) {
        kps_log_reader_set_text(&run.log, run.path);
        run.shown = SV("<message>");
        kps_scan_text(&run.scan, kps_log_reader_text(&run.log), true);
        failed = 0;
    }
    if (!failed && is_stdin && isatty(run.log.fd) && options->log.quiet == 0) {
        kps_log_notice(&options->log, "paste the message, then end it with Ctrl-D");
    }
    if (!failed) {
        read_log(&run);
    }
    struct kps_sv fault = kps_log_reader_fault(&run.log, arena, run.shown, failed);
    int code = run.scan.found.all.n ? 0 : 1;
    if (fault.n || !run.tells_live || run.scan.found.all.n > run.n_told) {
        code = report_symptoms(&run, fault) ? KPS_EXIT_INPUT : code;
    }
    if (!fault.n) {
        close_with_words(&run);
    }
    kps_log_reader_close(&run.log);
    kps_scan_free(&run.scan);
    return run.write_failed ? KPS_EXIT_INPUT : code;
}
