#include "report/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/nearest.h"
#include "base/path.h"

static void close_file(FILE **file)
{
    if (*file) {
        (void)fclose(*file);
    }
}

/* End the program by a signal, as without a handler. */
static void end_by_signal(int number)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    (void)sigaction(number, &action, NULL);
    (void)raise(number);
}

struct kps_style kps_output_style(enum kps_colour colour, const struct kps_env *env, FILE *out)
{
    bool is_terminal = isatty(fileno(out));
    struct winsize size = {0};
    if (is_terminal && ioctl(fileno(out), TIOCGWINSZ, &size) != 0) {
        size.ws_col = 0;
    }
    return (struct kps_style){kps_style_wants_colour(colour, env, is_terminal),
                              kps_style_width(size.ws_col),
                              kps_style_columns(size.ws_col, env, is_terminal)};
}

static int render_report(const struct kps_report *report, const struct kps_output_options *options,
                         const struct kps_env *env, const struct kps_format *format, FILE *out)
{
    struct kps_style style = kps_output_style(options->colour, env, out);
    errno = 0;
    format->render(report, &style, out);
    bool failed = fflush(out) != 0 || ferror(out);
    if (!failed) {
        return 0;
    }
    return errno ? errno : EIO;
}

/* Write to a device, a pipe or a terminal, without a rename. */
static int write_in_place(const struct kps_report *report, const struct kps_output_options *options,
                          const struct kps_env *env, const struct kps_output *output,
                          const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    FILE *out KPS_CLEANUP(close_file) = fd >= 0 ? fdopen(fd, "w") : NULL;
    return out ? render_report(report, options, env, output->format, out) : errno;
}

/* Return: the mode of the replaced file, or of a file made by open(2); not mkstemp's 0600. */
static mode_t mode_for(const char *path)
{
    struct stat st;
    if (stat(path, &st) == 0) {
        return st.st_mode & 0777;
    }
    mode_t mask = umask(0);
    (void)umask(mask);
    return 0666 & ~mask;
}

/* The unfinished temporary file, for a signal that ends the program meanwhile. */
static char unfinished[PATH_MAX];

static void remove_unfinished(int number)
{
    (void)unlink(unfinished);
    end_by_signal(number);
}

/* Remove the unfinished file when a signal ends the program, or give the signals back to their
 * handlers. A signal that the caller ignores stays ignored. */
static void guard_unfinished(bool is_on)
{
    static const int signals[] = {SIGHUP, SIGINT, SIGTERM};
    static struct sigaction found[KPS_COUNT(signals)];
    struct sigaction guard = {.sa_handler = remove_unfinished};
    for (size_t i = 0; i < KPS_COUNT(signals); i++) {
        if (is_on) {
            (void)sigaction(signals[i], NULL, &found[i]);
        }
        if (found[i].sa_handler != SIG_IGN) {
            (void)sigaction(signals[i], is_on ? &guard : &found[i], NULL);
        }
    }
}

static int write_beside(const struct kps_report *report, const struct kps_output_options *options,
                        const struct kps_env *env, const struct kps_output *output,
                        const char *path)
{
    struct kps_arena *arena = report->ledger->diag->arena;
    struct kps_sv temporary = kps_fmt(arena, "%s.XXXXXX", path);
    if (temporary.n >= sizeof(unfinished)) {
        return ENAMETOOLONG;
    }
    char *name = unfinished;
    memcpy(name, temporary.p, temporary.n + 1);
    guard_unfinished(true);
    int fd = mkostemp(name, O_CLOEXEC);
    if (fd < 0) {
        int error = errno;
        guard_unfinished(false);
        return error;
    }
    (void)fchmod(fd, mode_for(path));
    FILE *out = fdopen(fd, "w");
    if (!out) {
        kps_out_of_memory();
    }
    int error = render_report(report, options, env, output->format, out);
    if (fclose(out) != 0 && error == 0) {
        error = errno;
    }
    if (error == 0 && rename(name, path) != 0) {
        error = errno;
    }
    if (error) {
        (void)unlink(name);
    }
    guard_unfinished(false);
    return error;
}

static int write_file(const struct kps_report *report, const struct kps_output_options *options,
                      const struct kps_env *env, const struct kps_output *output)
{
    struct kps_arena *arena = report->ledger->diag->arena;
    const char *path = kps_cstr(arena, output->file);
    struct stat st;
    bool exists = stat(path, &st) == 0;
    if (exists && S_ISDIR(st.st_mode)) {
        return EISDIR;
    }
    if (exists && !S_ISREG(st.st_mode)) {
        return write_in_place(report, options, env, output, path);
    }
    char *real = exists ? kps_alloc(arena, PATH_MAX) : NULL;
    if (real && realpath(path, real)) {
        path = real; /* a symbolic link stays one */
    }
    return write_beside(report, options, env, output, path);
}

/* Return whether a path leads to this regular file. */
static bool leads_to(struct kps_arena *arena, struct kps_sv path, const struct stat *file)
{
    struct stat st;
    return path.n && stat(kps_cstr(arena, path), &st) == 0 && st.st_dev == file->st_dev &&
           st.st_ino == file->st_ino;
}

/* Return whether a file was read in this run: an input, standard input, or a file of settings. */
static bool was_read(const struct kps_report *report, const struct kps_output_options *options,
                     const struct stat *file)
{
    const struct kps_diag *diag = report->ledger->diag;
    struct stat st;
    bool found =
        (fstat(STDIN_FILENO, &st) == 0 && st.st_dev == file->st_dev && st.st_ino == file->st_ino);
    for (size_t i = 0; i < options->read.n && !found; i++) {
        found = leads_to(diag->arena, options->read.v[i], file);
    }
    for (uint32_t i = 0; i < diag->files.list.n && !found; i++) {
        found = leads_to(diag->arena, diag->files.list.v[i].path, file);
    }
    for (size_t i = 0; i < report->n_inputs && !found; i++) {
        const struct kps_input *input = &report->inputs[i];
        found = leads_to(diag->arena, input->path, file);
        for (size_t k = 0; k < input->n_files && !found; k++) {
            found = leads_to(diag->arena, input->files[k], file);
        }
    }
    return found;
}

bool kps_output_spares_inputs(const struct kps_report *report,
                              const struct kps_output_options *options,
                              struct kps_output_fault *ret_fault)
{
    struct kps_arena *arena = report->ledger->diag->arena;
    for (size_t i = 0; i < options->n; i++) {
        const struct kps_output *output = &options->v[i];
        struct stat st;
        bool could_harm = output->file.n && output->format->uses != KPS_FORMAT_ASSIGN &&
                          stat(kps_cstr(arena, output->file), &st) == 0 && S_ISREG(st.st_mode);
        if (could_harm && was_read(report, options, &st)) {
            ret_fault->words =
                kps_fmt(arena,
                        "'%.*s' is an input of this run and is not written over: name "
                        "another file for the %s output",
                        SV_ARG(output->file), output->format->name);
            return false;
        }
    }
    return true;
}

bool kps_output_write(const struct kps_report *report, const struct kps_output_options *options,
                      const struct kps_env *env, struct kps_output_fault *ret_fault)
{
    struct kps_arena *arena = report->ledger->diag->arena;
    if (!kps_output_spares_inputs(report, options, ret_fault)) {
        return false;
    }
    bool all_written = true;
    bool any_to_stdout = false;
    for (size_t i = 0; i < options->n; i++) {
        const struct kps_output *output = &options->v[i];
        if (output->file.n == 0) {
            any_to_stdout = true;
            continue;
        }
        int error = write_file(report, options, env, output);
        if (error) {
            ret_fault->words =
                kps_fmt(arena, "cannot write '%.*s': %s", SV_ARG(output->file), strerror(error));
            all_written = false;
        }
    }
    if (options->spares_stdout || (options->n && !any_to_stdout)) {
        return all_written;
    }
    const struct kps_format *format =
        kps_format_by_name(isatty(fileno(options->out)) ? SV("text") : SV("short"));
    for (size_t i = 0; i < options->n; i++) {
        format = options->v[i].file.n == 0 ? options->v[i].format : format;
    }
    int error = render_report(report, options, env, format, options->out);
    if (error) {
        ret_fault->is_reader_gone = error == EPIPE;
        ret_fault->words = kps_fmt(arena, "cannot write to standard output: %s", strerror(error));
        all_written = false;
    }
    return all_written;
}

bool kps_output_shows_findings(const struct kps_report *report,
                               const struct kps_output_options *options)
{
    kps_render *render = NULL;
    bool is_list = report->query || report->is_map;
    for (size_t i = 0; i < options->n; i++) {
        render = options->v[i].file.n ? render : options->v[i].format->render;
    }
    if (!render) {
        return !(report->is_map && options->n == 0);
    }
    bool is_for_people =
        render == kps_report_text || render == kps_report_short || render == kps_report_table;
    return !(is_list && (render == kps_report_csv || render == kps_report_markdown)) &&
           !(report->is_map && is_for_people);
}

struct kps_sv kps_output_parse(struct kps_arena *arena, struct kps_sv text, const char *option,
                               struct kps_output *ret)
{
    size_t equals = kps_sv_find(text, '=');
    struct kps_nearest nearest = {.word = kps_sv_head(text, equals)};
    *ret = (struct kps_output){kps_format_by_name(nearest.word), kps_sv_from(text, equals + 1)};
    if (ret->format && kps_sv_is(ret->file, "-")) {
        ret->file = SV(""); /* standard output, as without a file */
        return SV("");
    }
    if (ret->format) {
        return equals < text.n && ret->file.n == 0
                   ? kps_fmt(arena, "%s '%.*s' names no file", option, SV_ARG(text))
                   : SV("");
    }
    for (const struct kps_format *format = kps_formats; format->name; format++) {
        kps_nearest_offer(&nearest, kps_sv_of(format->name));
    }
    return kps_fmt(arena, "there is no format '%.*s'%s", SV_ARG(nearest.word),
                   kps_nearest_words(arena, nearest.best, "").p);
}

struct kps_sv kps_output_add(struct kps_output_options *options, struct kps_output output)
{
    for (size_t i = 0; i < options->n; i++) {
        if (kps_sv_eq(options->v[i].file, output.file)) {
            return output.file.n
                       ? SV("two reports go to one file; write --format FMT=FILE for one of them")
                       : SV("two reports go to standard output; write --format FMT=FILE for one of "
                            "them");
        }
    }
    options->v[options->n++] = output;
    return SV("");
}
