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

/* Of a mapped file only some lines are kept, and its memory is given back on the way. */
enum { MAPPED_STRIDE = 64, DROPPED_BYTES = 8 * 1024 * 1024 };

static void find_lines(struct kps_file *file)
{
    if (file->line_starts) {
        return;
    }
    KPS_VEC(uint32_t) starts = {0};
    const struct kps_sv bytes = file->bytes;
    bool is_mapped = kps_files_is_mapped(file);
    size_t dropped = 0;
    size_t at = kps_sv_starts(bytes, BOM) ? BOM.n : 0;
    file->stride = is_mapped ? MAPPED_STRIDE : 1;
    *kps_vec_push(&starts) = (uint32_t)at;
    for (file->n_lines = 1; (at = next_line(bytes, at, bytes.n)) != 0; file->n_lines++) {
        if (file->n_lines % file->stride == 0) {
            *kps_vec_push(&starts) = (uint32_t)at;
        }
        if (is_mapped && at - dropped > DROPPED_BYTES) {
            kps_fs_drop(kps_sv_slice(bytes, dropped, at));
            dropped = at;
        }
    }
    file->line_starts = starts.v;
    file->n_starts = starts.n;
}

/* Return: where a line (from 0) begins. */
static size_t start_of_line(const struct kps_file *file, uint32_t line)
{
    size_t at = file->line_starts[line / file->stride];
    for (uint32_t i = line % file->stride; i; i--) {
        at = next_line(file->bytes, at, file->bytes.n);
    }
    return at;
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
    uint32_t at = last_not_above(file->line_starts, file->n_starts, off);
    uint32_t line = at * file->stride;
    size_t start = file->line_starts[at];
    for (uint32_t i = 1; i < file->stride; i++, line++) {
        size_t next = next_line(file->bytes, start, off);
        if (next == 0) {
            break;
        }
        start = next;
    }
    return (struct kps_pos){line + 1, (uint32_t)count_on_line(file, (uint32_t)start, off) + 1};
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
