#include "units/unit_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/path.h"

/* One file on its way into a unit. */
struct reading {
    struct kps_unit_file *unit;
    kps_file_id file;
    struct kps_sv bytes;
    struct kps_sv section;
    size_t at; /* offset of the next line */
};

static void report_line(struct reading *r, size_t from, size_t to, const char *message)
{
    struct kps_diag *diag = r->unit->diag;
    struct kps_span span = {r->file, (uint32_t)from, (uint32_t)(to - from)};
    r->unit->has_failed = true;
    (void)kps_diag_add_here(diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, span, "%s", message);
}

/* Take the next line without its end. Return: false at the end of the file. */
static bool take_line(struct reading *r, size_t *ret_from, struct kps_sv *ret)
{
    if (r->at >= r->bytes.n) {
        return false;
    }
    struct kps_sv rest = kps_sv_from(r->bytes, r->at);
    size_t n = kps_sv_find(rest, '\n');
    *ret_from = r->at;
    r->at += n < rest.n ? n + 1 : n;
    if (n && rest.p[n - 1] == '\r') {
        n--;
    }
    *ret = kps_sv_head(rest, n);
    return true;
}

static bool is_comment(struct kps_sv line)
{
    struct kps_sv text = kps_sv_trim(line);
    return text.n && (text.p[0] == '#' || text.p[0] == ';');
}

static bool is_continued(struct kps_sv line)
{
    return line.n && line.p[line.n - 1] == '\\';
}

/* Join the continuation lines of a value; comments between them are skipped. */
static struct kps_sv join_value(struct reading *r, struct kps_sv value, size_t *ret_end)
{
    if (!is_continued(value)) {
        *ret_end = (size_t)(value.p - r->bytes.p) + value.n;
        return kps_sv_trim(value);
    }
    struct kps_buf *text = kps_buf_new(r->unit->diag->arena);
    struct kps_sv line = value;
    bool goes_on = true;
    while (goes_on) {
        goes_on = is_continued(line);
        kps_buf_add(text, kps_sv_head(line, line.n - (goes_on ? 1 : 0)));
        *ret_end = (size_t)(line.p - r->bytes.p) + line.n;
        size_t from = 0;
        do {
            goes_on = goes_on && take_line(r, &from, &line);
        } while (goes_on && is_comment(line));
        if (goes_on && r->unit->joins_with_blank) {
            kps_buf_char(text, ' ');
        }
    }
    return kps_sv_trim(kps_buf_sv(text));
}

static void add_assignment(struct reading *r, struct kps_sv line, size_t from)
{
    size_t equals = kps_sv_find(line, '=');
    if (equals == line.n) {
        report_line(r, from, from + line.n, "this line has no '='");
        return;
    }
    if (!r->section.p) {
        report_line(r, from, from + line.n, "this line stands before the first [Section]");
        return;
    }
    struct kps_sv value = kps_sv_from(line, equals + 1);
    size_t start = from + equals + 1;
    while (value.n && kps_is_blank(value.p[0])) {
        value = kps_sv_from(value, 1);
        start++;
    }
    size_t end = start;
    struct kps_sv text = join_value(r, value, &end);
    while (end > start && strchr(" \t\\", r->bytes.p[end - 1])) {
        end--;
    }
    *kps_vec_push(&r->unit->lines) =
        (struct kps_unit_line){.section = r->section,
                               .key = kps_sv_trim(kps_sv_head(line, equals)),
                               .value = text,
                               .at = {r->file, (uint32_t)start, (uint32_t)(end - start)}};
}

static void read_lines(struct reading *r)
{
    struct kps_sv line;
    size_t from = 0;
    if (kps_sv_has_head(r->bytes, "\xEF\xBB\xBF")) {
        r->at = 3;
    }
    while (take_line(r, &from, &line)) {
        struct kps_sv text = kps_sv_trim(line);
        if (text.n == 0 || is_comment(text)) {
            continue;
        }
        from += (size_t)(text.p - line.p);
        if (r->unit->n_lines++ >= KPS_LIMIT_UNIT_LINES) {
            struct kps_span span = {r->file, (uint32_t)from, (uint32_t)text.n};
            r->unit->has_failed = true;
            (void)kps_diag_add_here(r->unit->diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, span,
                                    "the unit has more than %d lines", KPS_LIMIT_UNIT_LINES);
            return;
        }
        if (text.p[0] != '[') {
            add_assignment(r, kps_sv_from(line, (size_t)(text.p - line.p)), from);
        } else if (text.p[text.n - 1] == ']') {
            r->section = kps_sv_slice(text, 1, text.n - 1);
        } else {
            report_line(r, from, from + text.n, "this section header has no ']'");
        }
    }
}

/* Read one file into the unit. Return: 0 or an errno. */
static int add_file(struct kps_unit_file *unit, const struct kps_fs *fs, struct kps_sv absolute,
                    struct kps_sv shown)
{
    struct kps_sv bytes;
    struct kps_arena *arena = unit->diag->arena;
    int error = fs->read(fs, arena, kps_cstr(arena, absolute), KPS_LIMIT_FILE_BYTES, &bytes);
    if (error) {
        return error;
    }
    struct reading r = {
        .unit = unit, .file = kps_files_add(&unit->diag->files, shown, bytes), .bytes = bytes};
    kps_vec_add_text(&unit->paths.any, shown);
    read_lines(&r);
    return 0;
}

/* Folders of drop-ins, the most specific first: a file in one masks its namesakes in the next. */
enum { MOST_FOLDERS = 32 };
struct folders {
    struct kps_sv v[MOST_FOLDERS];
    uint32_t n;
};

static void push_folder(struct folders *folders, struct kps_sv name)
{
    if (folders->n < MOST_FOLDERS) {
        folders->v[folders->n++] = name;
    }
}

/* "web@blue.container" has drop-ins in web@blue.container.d, web@.container.d, container.d. */
static void list_folders(const struct kps_unit_file *unit, struct folders *ret)
{
    struct kps_arena *arena = unit->diag->arena;
    size_t dot = kps_sv_rfind(unit->name, '.');
    struct kps_sv stem = kps_sv_head(unit->name, dot);
    struct kps_sv suffix = kps_sv_from(unit->name, dot); /* ".container" */
    size_t at = kps_sv_find(stem, '@');
    struct kps_sv prefix = kps_sv_head(stem, at);
    push_folder(ret, kps_fmt(arena, "%.*s.d", SV_ARG(unit->name)));
    if (unit->instance.n) {
        push_folder(ret, kps_fmt(arena, "%.*s@%.*s.d", SV_ARG(prefix), SV_ARG(suffix)));
    }
    /* "a-b-c.socket": a-b-.socket.d, a-.socket.d */
    for (size_t dash = kps_sv_rfind(prefix, '-'); dash < prefix.n && dash > 0;
         prefix = kps_sv_head(prefix, dash), dash = kps_sv_rfind(prefix, '-')) {
        if (dash + 1 < prefix.n || at == stem.n) {
            push_folder(ret, kps_fmt(arena, "%.*s-%s%.*s.d", (int)dash, prefix.p,
                                     unit->is_template ? "@" : "", SV_ARG(suffix)));
        }
    }
    if (suffix.n > 1) {
        push_folder(ret, kps_fmt(arena, "%.*s.d", (int)suffix.n - 1, suffix.p + 1));
    }
}

struct drop_in {
    struct kps_sv name, absolute, shown;
};

static int compare_drop_ins(const void *left, const void *right)
{
    return kps_sv_cmp(((const struct drop_in *)left)->name, ((const struct drop_in *)right)->name);
}

static void fail_drop_in(struct kps_unit_file *unit, struct kps_sv path, const char *why)
{
    unit->has_failed = true;
    (void)kps_diag_add_unreadable(unit->diag, 0, path, why);
}

/* The drop-ins of a unit, found so far. */
struct drop_ins {
    struct kps_unit_file *unit;
    const struct kps_fs *fs;
    struct kps_map seen; /* names */
    KPS_VEC(struct drop_in) found;
};

/* Add the drop-ins of one folder, unless an earlier folder has one of that name. */
static void list_drop_ins(struct drop_ins *d, struct kps_sv absolute, struct kps_sv shown)
{
    struct kps_arena *arena = d->unit->diag->arena;
    struct kps_sv *names = NULL;
    size_t n = 0;
    int error = d->fs->list(d->fs, arena, kps_cstr(arena, absolute), &names, &n);
    if (error && error != ENOENT && error != ENOSYS && error != ENOTDIR) {
        fail_drop_in(d->unit, shown, strerror(error));
    }
    for (size_t k = 0; k < n && d->found.n < KPS_UNIT_MOST_DROP_INS; k++) {
        if (kps_sv_has_tail(names[k], ".conf") && names[k].p[0] != '.' &&
            kps_map_add(&d->seen, arena, names[k], 1)) {
            *kps_vec_push(&d->found) =
                (struct drop_in){names[k], kps_path_join(arena, absolute, names[k]),
                                 kps_path_join(arena, shown, names[k])};
        }
    }
}

/* List the drop-ins in the folders of the path; those of the type ("socket.d") come last. */
static void search_drop_ins(struct drop_ins *d, const struct kps_unit_path *path)
{
    struct kps_arena *arena = d->unit->diag->arena;
    struct folders folders = {.n = 0};
    list_folders(d->unit, &folders);
    for (uint32_t of_type = 0; of_type < 2 && folders.n; of_type++) {
        uint32_t from = of_type ? folders.n - 1 : 0;
        uint32_t to = of_type ? folders.n : folders.n - 1;
        for (size_t p = 0; p < path->n; p++) {
            for (uint32_t i = from; i < to; i++) {
                struct kps_sv folder = kps_path_join(arena, path->folders[p], folders.v[i]);
                list_drop_ins(d, folder, folder);
            }
        }
    }
}

static void add_drop_ins(struct kps_unit_file *unit, const struct kps_fs *fs,
                         const struct kps_unit_source *source)
{
    struct kps_arena *arena = unit->diag->arena;
    struct drop_ins d = {.unit = unit, .fs = fs};
    struct folders folders = {.n = 0};
    if (source->path) {
        search_drop_ins(&d, source->path);
    } else {
        list_folders(unit, &folders);
    }
    struct kps_sv absolute = kps_path_dir(arena, source->absolute);
    struct kps_sv shown = kps_path_dir(arena, source->shown);
    for (uint32_t i = 0; i < folders.n; i++) {
        list_drop_ins(&d, kps_path_join(arena, absolute, folders.v[i]),
                      kps_path_join(arena, shown, folders.v[i]));
    }
    if (d.found.n) {
        qsort(d.found.v, d.found.n, sizeof(d.found.v[0]), compare_drop_ins);
    }
    for (uint32_t i = 0; i < d.found.n; i++) {
        int error = add_file(unit, fs, d.found.v[i].absolute, d.found.v[i].shown);
        if (error) {
            fail_drop_in(unit, d.found.v[i].shown, strerror(error));
        }
    }
    if (d.found.n == KPS_UNIT_MOST_DROP_INS) {
        (void)kps_diag_add_gap(unit->diag, KPS_WARNING,
                               "only the first %d drop-ins of '%.*s' were read",
                               KPS_UNIT_MOST_DROP_INS, SV_ARG(source->shown));
    }
    kps_vec_free(&d.found);
}

int kps_unit_file_read(struct kps_diag *diag, const struct kps_fs *fs,
                       const struct kps_unit_source *source, struct kps_unit_file *ret)
{
    struct kps_sv name = source->name.n ? source->name : kps_path_base(source->absolute);
    *ret = (struct kps_unit_file){.diag = diag, .name = name};
    ret->joins_with_blank = kps_sv_has_tail(ret->name, ".socket");
    struct kps_sv stem = kps_sv_head(ret->name, kps_sv_rfind(ret->name, '.'));
    size_t at = kps_sv_find(stem, '@');
    ret->is_template = at < stem.n;
    ret->instance = ret->is_template ? kps_sv_from(stem, at + 1) : (struct kps_sv){"", 0};
    int error = add_file(ret, fs, source->absolute, source->shown);
    if (error) {
        return error;
    }
    const struct kps_unit_line *started = kps_unit_file_last(ret, "Install", "DefaultInstance");
    if (ret->is_template && ret->instance.n == 0 && started) {
        ret->instance = started->value;
    }
    add_drop_ins(ret, fs, source);
    return 0;
}

void kps_unit_file_free(struct kps_unit_file *unit)
{
    kps_vec_free(&unit->lines);
    kps_vec_free(&unit->paths);
}

const struct kps_unit_line *kps_unit_file_last(const struct kps_unit_file *unit,
                                               const char *section, const char *key)
{
    for (uint32_t i = unit->lines.n; i-- > 0;) {
        const struct kps_unit_line *line = &unit->lines.v[i];
        if (kps_sv_is(line->key, key) && kps_sv_is(line->section, section)) {
            return line;
        }
    }
    return NULL;
}

bool kps_unit_is_true(struct kps_sv text)
{
    static const char words[] = "1 yes y true t on";
    return kps_sv_is_one_of_nocase(text, words);
}

/* Undo systemd's escaping of names: "-" stands for "/", "\\xHH" for a byte. */
static struct kps_sv unescape_name(struct kps_arena *arena, struct kps_sv name)
{
    struct kps_buf *text = kps_buf_new(arena);
    for (size_t i = 0; i < name.n; i++) {
        bool is_hex = name.p[i] == '\\' && i + 3 < name.n && name.p[i + 1] == 'x' &&
                      kps_sv_digit_value(name.p[i + 2]) < 16 &&
                      kps_sv_digit_value(name.p[i + 3]) < 16;
        if (is_hex) {
            kps_buf_char(text, (char)(kps_sv_digit_value(name.p[i + 2]) * 16 +
                                      kps_sv_digit_value(name.p[i + 3])));
            i += 3;
        } else {
            kps_buf_char(text, name.p[i] == '-' ? '/' : name.p[i]);
        }
    }
    return kps_buf_sv(text);
}

/* Return the text of a specifier; .p is NULL for a specifier that the name does not decide. */
static struct kps_sv specifier_text(const struct kps_unit_file *unit, char specifier)
{
    struct kps_arena *arena = unit->diag->arena;
    struct kps_sv stem = kps_sv_head(unit->name, kps_sv_rfind(unit->name, '.'));
    struct kps_sv prefix = kps_sv_before(stem, '@');
    struct kps_sv none = {NULL, 0};
    struct kps_sv instance = unit->instance.n ? unit->instance : none;
    size_t dash = kps_sv_rfind(prefix, '-');
    switch (specifier) {
    case '%':
        return SV("%");
    case 'n':
        return unit->name;
    case 'N':
        return stem;
    case 'p':
        return prefix;
    case 'P':
        return unescape_name(arena, prefix);
    case 'i':
        return instance;
    case 'I':
        return instance.n ? unescape_name(arena, instance) : none;
    case 'j':
        return dash < prefix.n ? kps_sv_from(prefix, dash + 1) : prefix;
    default:
        return none;
    }
}

bool kps_unit_expand(const struct kps_unit_file *unit, struct kps_sv text, struct kps_sv *ret)
{
    if (kps_sv_find(text, '%') == text.n && kps_sv_find(text, '$') == text.n) {
        *ret = text;
        return true;
    }
    struct kps_buf *out = kps_buf_new(unit->diag->arena);
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '$') {
            return false;
        }
        if (text.p[i] != '%' || i + 1 == text.n) {
            kps_buf_char(out, text.p[i]);
            continue;
        }
        struct kps_sv value = specifier_text(unit, text.p[++i]);
        if (!value.p) {
            return false;
        }
        kps_buf_add(out, value);
    }
    *ret = kps_buf_sv(out);
    return true;
}
