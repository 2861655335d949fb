#include "diag/files.h"

#include "base/utf8.h"

static const struct kps_sv BOM = SV_LIT("\xef\xbb\xbf");

enum { STOP_POINTS = 1024 }; /* code points from one stop to the next */

void kps_files_free(struct kps_files *files)
{
    for (uint32_t i = 0; i < files->list.n; i++) {
        struct kps_file *file = &files->list.v[i];
        uint32_t cap = file->n_lines;
        kps_vec_release((void **)&file->line_starts, &file->n_lines, &cap);
        cap = file->n_stops;
        kps_vec_release((void **)&file->stops, &file->n_stops, &cap);
    }
    kps_vec_free(&files->list);
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

static void find_lines(struct kps_file *file)
{
    if (file->line_starts) {
        return;
    }
    KPS_VEC(uint32_t) starts = {0};
    const struct kps_sv bytes = file->bytes;
    *kps_vec_push(&starts) = kps_sv_starts(bytes, BOM) ? (uint32_t)BOM.n : 0;
    for (size_t i = 0; i < bytes.n; i++) {
        char c = bytes.p[i];
        bool cr_of_pair = c == '\r' && i + 1 < bytes.n && bytes.p[i + 1] == '\n';
        if (c == '\n' || (c == '\r' && !cr_of_pair)) {
            *kps_vec_push(&starts) = (uint32_t)i + 1;
        }
    }
    file->line_starts = starts.v;
    file->n_lines = starts.n;
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
    uint32_t line = last_not_above(file->line_starts, file->n_lines, off);
    return (struct kps_pos){line + 1,
                            (uint32_t)count_on_line(file, file->line_starts[line], off) + 1};
}

struct kps_sv kps_files_line(struct kps_files *files, kps_file_id id, uint32_t line)
{
    KPS_ASSERT(id > 0 && id <= files->list.n);
    struct kps_file *file = &files->list.v[id - 1];
    find_lines(file);
    if (line == 0 || line > file->n_lines) {
        return (struct kps_sv){"", 0};
    }
    size_t end = line < file->n_lines ? file->line_starts[line] : file->bytes.n;
    struct kps_sv text = kps_sv_slice(file->bytes, file->line_starts[line - 1], end);
    while (text.n && (text.p[text.n - 1] == '\n' || text.p[text.n - 1] == '\r')) {
        text.n--;
    }
    return text;
}
