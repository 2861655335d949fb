#include "diag/source.h"

#include "base/utf8.h"

static const struct kps_sv BOM = SV_LIT("\xef\xbb\xbf");

void kps_files_free(struct kps_files *files)
{
    for (uint32_t i = 0; i < files->list.n; i++) {
        struct kps_file *file = &files->list.v[i];
        uint32_t cap = file->n_lines;
        kps_vec_release((void **)&file->line_starts, &file->n_lines, &cap);
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
    *kps_vec_push(&starts) = kps_sv_starts(file->bytes, BOM) ? (uint32_t)BOM.n : 0;
    for (size_t i = 0; i < file->bytes.n; i++) {
        char c = file->bytes.p[i];
        bool cr_of_pair = c == '\r' && i + 1 < file->bytes.n && file->bytes.p[i + 1] == '\n';
        if (c == '\n' || (c == '\r' && !cr_of_pair)) {
            *kps_vec_push(&starts) = (uint32_t)i + 1;
        }
    }
    file->line_starts = starts.v;
    file->n_lines = starts.n;
}

struct kps_pos kps_files_pos(struct kps_files *files, kps_file_id id, uint32_t off)
{
    KPS_ASSERT(id > 0 && id <= files->list.n);
    struct kps_file *file = &files->list.v[id - 1];
    find_lines(file);
    if (off > file->bytes.n) {
        off = (uint32_t)file->bytes.n;
    }
    uint32_t low = 0;
    uint32_t high = file->n_lines;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (file->line_starts[middle] <= off) {
            low = middle;
        } else {
            high = middle;
        }
    }
    struct kps_sv before = kps_sv_slice(file->bytes, file->line_starts[low], off);
    return (struct kps_pos){low + 1, (uint32_t)kps_utf8_count(before) + 1};
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
