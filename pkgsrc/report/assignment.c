#include "report/assignment.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "model/ports.h"
#include "report/report.h"
#include "report/words.h"

const char kps_assignment_mark[] = "# made by kportscan --assign, which may write this file again";

/* Print "# 8080: container shop-web-1 of ../shop", the reason of a move, between two texts. */
static void put_reason(struct kps_arena *arena, const char *before,
                       const struct kps_assigned *assigned, const char *after, FILE *out)
{
    if (assigned->holder.n) {
        (void)fprintf(out, "%s# %s: %s%s", before,
                      kps_ports_digits(arena, assigned->old_first, assigned->old_last).p,
                      kps_words_shown(arena, assigned->holder), after);
    }
}

/* Print a line for each variable. A file has reasons on lines of their own: not every reader of
 * such files takes a comment behind a value. */
static void put_variables(const struct kps_port_plan *plan, bool is_file, FILE *out)
{
    for (size_t i = 0; i < plan->n; i++) {
        const struct kps_assigned *assigned = &plan->v[i];
        struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
        if (assigned->variable.n == 0 || assigned->last == 0) {
            continue;
        }
        if (is_file) {
            put_reason(scratch, "", assigned, "\n", out);
        }
        (void)fprintf(out, "%.*s=%s", SV_ARG(assigned->variable),
                      kps_ports_digits(scratch, assigned->first, assigned->last).p);
        if (!is_file) {
            put_reason(scratch, "  ", assigned, "", out);
        }
        (void)fputc('\n', out);
    }
}

/* A text in double quotes, as YAML and JSON read it. */
static void put_quoted(struct kps_arena *arena, struct kps_sv text, FILE *out)
{
    (void)fprintf(out, "\"%s\"", kps_words_replace(arena, text, "\" \\\" \\ \\\\").p);
}

static void put_ports(struct kps_arena *arena, const struct kps_assigned_service *service,
                      FILE *out)
{
    (void)fputs("!override [", out);
    for (size_t i = 0; i < service->n_ports; i++) {
        (void)fputs(i ? ", " : "", out);
        put_quoted(arena, service->ports[i], out);
    }
    (void)fputc(']', out);
}

/* Print the ports that need the override file. Return: whether there are any new numbers. */
static bool put_moves(const struct kps_port_plan *assignment, FILE *out)
{
    bool moves = false;
    for (size_t i = 0; i < assignment->n; i++) {
        const struct kps_assigned *assigned = &assignment->v[i];
        struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
        if (assigned->variable.n || assigned->stays || assigned->last == 0) {
            continue;
        }
        const char *old = kps_ports_digits(scratch, assigned->old_first, assigned->old_last).p;
        (void)fprintf(out, "# %s publishes %s without a variable of its own",
                      kps_words_shown(scratch, assigned->service), old);
        put_reason(scratch, "  ", assigned, "", out);
        (void)fputc('\n', out);
        moves = true;
    }
    return moves;
}

/* Say where the numbers are, for a project without a variable for a port. */
static void put_lack_of_variables(const struct kps_port_plan *plan, FILE *out)
{
    bool moves = false;
    for (size_t i = 0; i < plan->n; i++) {
        if (plan->v[i].variable.n) {
            return;
        }
        moves |= !plan->v[i].stays;
    }
    (void)fputs(moves ? "# no variable holds exactly a host port here, so no line of .env does: an "
                        "override file does, or \"${PORT:-8080}:80\" in the Compose file\n"
                      : "# nothing to do: the override file gives each port its number, and nobody "
                        "else has it\n",
                out);
}

/* Print the override file as comments, unless the file in place has the numbers. */
static void put_comments(const struct kps_port_plan *assignment, FILE *out)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    if (!put_moves(assignment, out)) {
        return;
    }
    (void)fputs("# compose.override.yaml needs (-o override=compose.override.yaml)\n", out);
    for (size_t i = 0; i < assignment->n_services; i++) {
        const struct kps_assigned_service *service = &assignment->services[i];
        (void)fputs(i ? "#              " : "#   services: {", out);
        put_quoted(scratch, kps_utf8_escape(scratch, service->name), out);
        (void)fputs(": {ports: ", out);
        put_ports(scratch, service, out);
        (void)fputs(i + 1 < assignment->n_services ? "},\n" : "}}\n", out);
    }
}

static void put_notes(const struct kps_port_plan *assignment, FILE *out)
{
    for (size_t i = 0; i < assignment->n_notes; i++) {
        struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
        (void)fprintf(out, "# %s\n", kps_words_shown(scratch, assignment->notes[i]));
    }
}

/* --check: one line for each number that another holder has. */
static void put_clashes(const struct kps_port_plan *assignment, FILE *out)
{
    for (size_t i = 0; i < assignment->n; i++) {
        const struct kps_assigned *assigned = &assignment->v[i];
        struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
        if (assigned->holder.n == 0) {
            continue;
        }
        const char *number = kps_ports_digits(scratch, assigned->old_first, assigned->old_last).p;
        struct kps_sv holder = kps_utf8_escape(scratch, assigned->holder);
        if (assigned->variable.n) {
            (void)fprintf(out, "%.*s=%s: %.*s has the port\n", SV_ARG(assigned->variable), number,
                          SV_ARG(holder));
        } else {
            (void)fprintf(out, "%s of %s: %.*s has the port\n", number,
                          kps_words_shown(scratch, assigned->service), SV_ARG(holder));
        }
    }
}

void kps_report_assignment(const struct kps_report *report, const struct kps_style *style,
                           FILE *out)
{
    (void)style;
    if (report->assignment->only_checks) {
        put_clashes(report->assignment, out);
        return;
    }
    put_variables(report->assignment, false, out);
    put_lack_of_variables(report->assignment, out);
    put_comments(report->assignment, out);
    put_notes(report->assignment, out);
}

void kps_report_env(const struct kps_report *report, const struct kps_style *style, FILE *out)
{
    (void)style;
    if (report->assignment) { /* else a report of nothing but faults of the settings */
        (void)fprintf(out, "%s\n", kps_assignment_mark);
        put_variables(report->assignment, true, out);
    }
}

void kps_report_override(const struct kps_report *report, const struct kps_style *style, FILE *out)
{
    const struct kps_port_plan *assignment = report->assignment;
    (void)style;
    if (!assignment) {
        return;
    }
    (void)fprintf(out, "%s\nservices:%s\n", kps_assignment_mark,
                  assignment->n_services ? "" : " {}");
    for (size_t i = 0; i < assignment->n_services; i++) {
        struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
        (void)fputs("  ", out);
        put_quoted(scratch, kps_utf8_escape(scratch, assignment->services[i].name), out);
        (void)fputs(":\n    ports: ", out);
        put_ports(scratch, &assignment->services[i], out);
        (void)fputc('\n', out);
    }
}

struct kps_sv kps_assignment_file_fault(struct kps_arena *arena, struct kps_sv path)
{
    struct kps_sv bytes = {"", 0};
    struct stat st;
    const char *name = kps_cstr(arena, path);
    if (stat(name, &st) != 0) {
        return bytes;
    }
    int error = kps_fs_os.read(&kps_fs_os, arena, name, KPS_LIMIT_FILE_BYTES, &bytes);
    if (error) {
        return kps_fmt(arena, "cannot write '%.*s': %s", SV_ARG(path), strerror(error));
    }
    struct kps_sv line = kps_sv_before(bytes, '\n');
    return kps_sv_eq(line, kps_sv_of(kps_assignment_mark))
               ? (struct kps_sv){"", 0}
               : kps_fmt(arena,
                         "'%.*s' is not written: it exists, and its first line is not the one of "
                         "'kportscan --assign'",
                         SV_ARG(path));
}

void kps_assignment_end_last_line(FILE *out)
{
    char path[sizeof("/proc/self/fd/") + 12];
    char last = '\n';
    struct stat st;
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(out));
    if (fstat(fileno(out), &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0) {
        return;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && pread(fd, &last, 1, st.st_size - 1) == 1 && last != '\n') {
        (void)fputc('\n', out);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
}
