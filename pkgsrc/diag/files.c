#include "diag/files.h"

#include "base/fs.h"
#include "base/limits.h"
#include "base/utf8.h"

static const struct kps_sv BOM = SV_LIT("\xef\xbb\xbf");

enum { STOP_POINTS = 1024 }; /* code points from one stop to the next */

void kps_files_free(struct kps_files *files)
{
    for (uint32_t i = 0; i < files->list.n; i++) {
        struct kps_file *file = &files->list.v[i];
        kps_heap_free(file->line_starts);
        kps_heap_free(file->stops);
        if (kps_files_is_mapped(file)) {
            kps_fs_unmap(file->bytes);
        }
    }
    kps_vec_free(&files->list);
}

bool kps_files_is_mapped(const struct kps_file *file)
{
    return file->bytes.n > KPS_LIMIT_FILE_BYTES;
}

kps_file_id kps_files_add(struct kps_files *files, struct kps_sv path, struct kps_sv bytes)
{
    struct kps_file *file = kps_vec_push(&files->list);
    file->path = path;
    file->bytes = bytes;
    return files->list.n;
}

const struct kps_file *kps_files_get(const struct kps_files *files, kps_file_id id)
{
    KPS_ASSERT(id > 0 && id <= files->list.n);
    return &files->list.v[id - 1];
}

/* Return: where the next line begins whose break lies in [at, end); 0: there is none. */
static size_t next_line(struct kps_sv bytes, size_t at, size_t end)
{
    for (; at < end; at++) {
        char c = bytes.p[at];
        bool cr_of_pair = c == '\r' && at + 1 < bytes.n && bytes.p[at + 1] == '\n';
        if (c == '\n' || (c == '\r' && !cr_of_pair)) {
            return at + 1;
        }
    }
    return 0;
}

/*
 * The start of a line is kept where the line ends more than a block behind the last kept start. So
 * the lines from one kept start to the next have a block of bytes together, or are one long line.
 * The memory of a mapped file is given back on the way.
 */
enum { BLOCK = 256, MAPPED_BLOCK = 4096, DROPPED_BYTES = 8 * 1024 * 1024 };

static void find_lines(struct kps_file *file)
{
    if (file->line_starts) {
        return;
    }
    KPS_VEC(struct kps_line_start) starts = {0};
    const struct kps_sv bytes = file->bytes;
    bool is_mapped = kps_files_is_mapped(file);
    size_t block = is_mapped ? MAPPED_BLOCK : BLOCK;
    size_t dropped = 0;
    size_t kept = 0;
    size_t at = kps_sv_starts(bytes, BOM) ? BOM.n : 0;
    for (bool is_last = false; !is_last; file->n_lines++) {
        size_t next = next_line(bytes, at, bytes.n);
        is_last = next == 0;
        next = is_last ? bytes.n : next;
        if (file->n_lines == 0 || next - kept > block) {
            *kps_vec_push(&starts) = (struct kps_line_start){file->n_lines, (uint32_t)at};
            kept = at;
        }
        at = next;
        if (is_mapped && at - dropped > DROPPED_BYTES) {
            kps_fs_drop(kps_sv_slice(bytes, dropped, at));
            dropped = at;
        }
    }
    file->line_starts = starts.v;
    file->n_starts = starts.n;
}

/* Return: the index of the last kept start up to an offset, or (`by_line`) up to a line from 0. */
static uint32_t find_start(const struct kps_file *file, uint32_t up_to, bool by_line)
{
    uint32_t low = 0;
    uint32_t high = file->n_starts;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        const struct kps_line_start *start = &file->line_starts[middle];
        bool is_before = (by_line ? start->line : start->off) <= up_to;
        low = is_before ? middle : low;
        high = is_before ? high : middle;
    }
    return low;
}

/* Return: the start of a line (from 0). */
static size_t start_of_line(const struct kps_file *file, uint32_t line)
{
    uint32_t at = find_start(file, line, true);
    size_t start = file->line_starts[at].off;
    for (uint32_t i = file->line_starts[at].line; i < line; i++) {
        start = next_line(file->bytes, start, file->bytes.n);
    }
    return start;
}

/* Return: the line of an offset, and where it begins. */
static struct kps_line_start line_at(const struct kps_file *file, uint32_t off)
{
    uint32_t at = find_start(file, off, false);
    struct kps_line_start line = file->line_starts[at];
    uint32_t end = at + 1 < file->n_starts ? file->line_starts[at + 1].line : file->n_lines;
    while (line.line + 1 < end) {
        size_t next = next_line(file->bytes, line.off, off);
        if (next == 0) {
            break;
        }
        line = (struct kps_line_start){line.line + 1, (uint32_t)next};
    }
    return line;
}

static void find_stops(struct kps_file *file)
{
    KPS_VEC(uint32_t) stops = {0};
    size_t at = 0;
    for (uint32_t points = 0; at < file->bytes.n; points++) {
        if (points % STOP_POINTS == 0) {
            *kps_vec_push(&stops) = (uint32_t)at;
        }
        (void)kps_utf8_next(file->bytes, &at);
    }
    file->stops = stops.v;
    file->n_stops = stops.n;
}

/* Return: the last of the ascending `offsets` up to `off` (the first always is). */
static uint32_t last_not_above(const uint32_t *offsets, uint32_t n, uint32_t off)
{
    uint32_t low = 0;
    uint32_t high = n;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (offsets[middle] <= off) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Code points in front of `off`, counted from the start of the file. */
static size_t count_points(const struct kps_file *file, uint32_t off)
{
    uint32_t stop = last_not_above(file->stops, file->n_stops, off);
    return (size_t)stop * STOP_POINTS +
           kps_utf8_count(kps_sv_slice(file->bytes, file->stops[stop], off));
}

/* Code points from the start of a line up to `off`. */
static size_t count_on_line(struct kps_file *file, uint32_t line_start, uint32_t off)
{
    if (off < line_start || off - line_start < 4 * STOP_POINTS) {
        return kps_utf8_count(kps_sv_slice(file->bytes, line_start, off));
    }
    if (!file->stops) {
        find_stops(file);
    }
    return count_points(file, off) - count_points(file, line_start);
}

struct kps_pos kps_files_pos(struct kps_files *files, kps_file_id id, uint32_t off)
{
    KPS_ASSERT(id > 0 && id <= files->list.n);
    struct kps_file *file = &files->list.v[id - 1];
    find_lines(file);
    if (off > file->bytes.n) {
        off = (uint32_t)file->bytes.n;
    }
    struct kps_line_start line = line_at(file, off);
    return (struct kps_pos){line.line + 1, (uint32_t)count_on_line(file, line.off, off) + 1};
}

struct kps_sv kps_files_line(struct kps_files *files, kps_file_id id, uint32_t line)
{
    KPS_ASSERT(id > 0 && id <= files->list.n);
    struct kps_file *file = &files->list.v[id - 1];
    find_lines(file);
    if (line == 0 || line > file->n_lines) {
        return (struct kps_sv){"", 0};
    }
    size_t end = line < file->n_lines ? start_of_line(file, line) : file->bytes.n;
    struct kps_sv text = kps_sv_slice(file->bytes, start_of_line(file, line - 1), end);
    while (text.n && (text.p[text.n - 1] == '\n' || text.p[text.n - 1] == '\r')) {
        text.n--;
    }
    return text;
}
