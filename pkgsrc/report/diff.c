#include "report/diff.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/map.h"
#include "base/path.h"

/*
 * How this works. Lines are the lines of patch and git: LF ends a line, CR does not. An edit is
 * inside one line, so a hunk has as many lines after as before, and line numbers are the same on
 * both sides.
 */
enum { CONTEXT = 3 };

struct line {
    size_t from, to; /* with its LF, if any */
};

/* The line breaks of a file around its edits. */
struct sheet {
    struct kps_sv bytes;
    struct line *lines;
    size_t n_lines;
    const struct kps_edit *edits;
    size_t n_edits;
    FILE *out;
};

static void split_lines(struct kps_arena *arena, struct sheet *sheet)
{
    size_t n = 0;
    for (size_t i = 0; i < sheet->bytes.n; i++) {
        n += sheet->bytes.p[i] == '\n';
    }
    sheet->lines = KPS_NEW_N(arena, struct line, n + 1);
    for (size_t from = 0; from < sheet->bytes.n;) {
        size_t len = kps_sv_find(kps_sv_from(sheet->bytes, from), '\n') + 1;
        size_t to = from + len < sheet->bytes.n ? from + len : sheet->bytes.n;
        sheet->lines[sheet->n_lines++] = (struct line){from, to};
        from = to;
    }
}

static void print_text(FILE *out, struct kps_sv bytes)
{
    (void)fwrite(bytes.p, 1, bytes.n, out);
}

static void end_line(const struct sheet *sheet, const struct line *line)
{
    if (sheet->bytes.p[line->to - 1] != '\n') {
        print_text(sheet->out, SV("\n\\ No newline at end of file\n"));
    }
}

static void put_line(const struct sheet *sheet, char sign, const struct line *line)
{
    (void)fputc(sign, sheet->out);
    print_text(sheet->out, kps_sv_slice(sheet->bytes, line->from, line->to));
    end_line(sheet, line);
}

/*
 * Print the line after the edits; *edit is the first edit of the line, and behind the last on
 * return.
 */
static void put_edited(const struct sheet *sheet, const struct line *line, size_t *edit)
{
    size_t from = line->from;
    (void)fputc('+', sheet->out);
    for (; *edit < sheet->n_edits && sheet->edits[*edit].span.off < line->to; (*edit)++) {
        const struct kps_edit *e = &sheet->edits[*edit];
        print_text(sheet->out, kps_sv_slice(sheet->bytes, from, e->span.off));
        print_text(sheet->out, e->text);
        from = (size_t)e->span.off + e->span.len;
    }
    print_text(sheet->out, kps_sv_slice(sheet->bytes, from, line->to));
    end_line(sheet, line);
}

/* Return: the line of an edit, at or behind `line`. */
static size_t line_of(const struct sheet *sheet, size_t edit, size_t line)
{
    while (sheet->lines[line].to <= sheet->edits[edit].span.off) {
        line++;
    }
    return line;
}

/*
 * Print all edited lines in a row, from `line` on: first the old lines, then the new lines. Return:
 * the next line.
 */
static size_t put_changed(const struct sheet *sheet, size_t line, size_t *edit)
{
    size_t end = line;
    size_t seen = *edit;
    while (seen < sheet->n_edits && line_of(sheet, seen, line) == end) {
        put_line(sheet, '-', &sheet->lines[end]);
        while (seen < sheet->n_edits && sheet->edits[seen].span.off < sheet->lines[end].to) {
            seen++;
        }
        end++;
    }
    for (; line < end; line++) {
        put_edited(sheet, &sheet->lines[line], edit);
    }
    return end;
}

/* Print a hunk from the first edit on. Return: the first edit behind the hunk. */
static size_t put_hunk(const struct sheet *sheet, size_t edit)
{
    size_t changed = line_of(sheet, edit, 0);
    size_t from = changed > CONTEXT ? changed - CONTEXT : 0;
    size_t last = changed;
    for (size_t i = edit + 1; i < sheet->n_edits; i++) {
        size_t line = line_of(sheet, i, last);
        if (line > last + 2 * CONTEXT + 1) {
            break;
        }
        last = line;
    }
    size_t end = last + 1 + CONTEXT < sheet->n_lines ? last + 1 + CONTEXT : sheet->n_lines;
    (void)fprintf(sheet->out, "@@ -%zu,%zu +%zu,%zu @@\n", from + 1, end - from, from + 1,
                  end - from);
    for (size_t line = from; line < end;) {
        bool is_changed = edit < sheet->n_edits && line_of(sheet, edit, line) == line;
        if (is_changed) {
            line = put_changed(sheet, line, &edit);
        } else {
            put_line(sheet, ' ', &sheet->lines[line++]);
        }
    }
    return edit;
}

/* Quote a name as git does: like a C string when needed by its bytes. */
static struct kps_sv quote_name(struct kps_arena *arena, const char *side, struct kps_sv path)
{
    static const char letters[] = "abtnvfr"; /* \a is 7, \r is 13 */
    char *text = kps_alloc(arena, path.n * 4 + 4);
    size_t n = 0;
    bool is_odd = false;
    for (size_t i = 0; i < path.n; i++) {
        unsigned char c = (unsigned char)path.p[i];
        bool is_plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
        is_odd |= !is_plain;
        if (is_plain) {
            text[n++] = (char)c;
        } else if (c == '"' || c == '\\') {
            text[n++] = '\\';
            text[n++] = (char)c;
        } else if (c >= 7 && c <= 13) {
            text[n++] = '\\';
            text[n++] = letters[c - 7];
        } else {
            text[n++] = '\\';
            text[n++] = (char)('0' + (c >> 6));
            text[n++] = (char)('0' + (c >> 3 & 7));
            text[n++] = (char)('0' + (c & 7));
        }
    }
    struct kps_sv name = {text, n};
    if (is_odd) {
        return kps_fmt(arena, "\"%s/%.*s\"", side, SV_ARG(name));
    }
    /* a blank would end the name without the tab */
    return kps_fmt(arena, "%s/%.*s%s", side, SV_ARG(name),
                   kps_sv_find(name, ' ') < name.n ? "\t" : "");
}

void kps_report_diff(struct kps_arena *arena, const struct kps_files *files,
                     const struct kps_sv *paths, const struct kps_edit *edits, size_t n_edits,
                     FILE *out)
{
    for (size_t from = 0; from < n_edits;) {
        kps_file_id file = edits[from].span.file;
        size_t to = from;
        while (to < n_edits && edits[to].span.file == file) {
            to++;
        }
        struct sheet sheet = {.bytes = kps_files_get(files, file)->bytes,
                              .edits = edits + from,
                              .n_edits = to - from,
                              .out = out};
        split_lines(arena, &sheet);
        struct kps_sv before = quote_name(arena, "a", paths[file - 1]);
        struct kps_sv after = quote_name(arena, "b", paths[file - 1]);
        (void)fprintf(out, "--- %.*s\n+++ %.*s\n", SV_ARG(before), SV_ARG(after));
        for (size_t edit = 0; edit < sheet.n_edits;) {
            edit = put_hunk(&sheet, edit);
        }
        from = to;
    }
}

/* Return: the resolved path of a regular file; empty: standard input, a pipe, a deleted file.
 */
static struct kps_sv real_path(struct kps_arena *arena, struct kps_sv path)
{
    struct stat st;
    char *buffer = kps_alloc(arena, PATH_MAX);
    const char *real = realpath(kps_cstr(arena, path), buffer);
    return real && stat(real, &st) == 0 && S_ISREG(st.st_mode) ? kps_sv_of(real) : SV("");
}

void kps_report_diff_files(const struct kps_ledger *ledger, struct kps_sv cwd,
                           struct kps_repair_file *files, struct kps_sv *paths)
{
    struct kps_arena *arena = ledger->diag->arena;
    struct kps_map seen = {0};
    char *buffer = kps_alloc(arena, PATH_MAX);
    struct kps_sv here = kps_sv_of(realpath(kps_cstr(arena, cwd), buffer));
    for (kps_file_id id = 1; id <= ledger->diag->files.list.n; id++) {
        struct kps_sv path =
            kps_path_join(arena, cwd, kps_files_get(&ledger->diag->files, id)->path);
        struct kps_sv real = real_path(arena, path);
        struct kps_sv below = kps_path_relative(arena, here, real);
        files[id - 1].same_as = real.n ? *kps_map_put(&seen, arena, real, id) : id;
        paths[id - 1] = below;
        if (real.n == 0) {
            files[id - 1].why = SV("is no file that can be changed");
        } else if (below.n && below.p[0] == '/') {
            files[id - 1].why = SV("is not below the working directory");
        } else if (!kps_sv_eq(kps_path_relative(arena, cwd, path), below)) {
            files[id - 1].why = SV("is reached through a symbolic link");
        }
    }
}
