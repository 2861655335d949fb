#include "watch/watch_list.h"

#include "base/buf.h"
#include "model/owner.h"

/* Join cells, the empty ones left out. */
static struct kps_sv join_cells(struct kps_arena *arena, const struct kps_port_row *row,
                                const enum kps_port_column *columns, size_t n)
{
    struct kps_buf *out = kps_buf_new(arena);
    for (size_t i = 0; i < n; i++) {
        struct kps_sv cell = row->cells[columns[i]];
        kps_buf_text(out, out->n && cell.n ? "  " : "");
        kps_buf_add(out, cell);
    }
    return kps_buf_sv(out);
}

static struct kps_watch_row keep_row(struct kps_arena *arena, const struct kps_port_list *list,
                                     const struct kps_port_row *row)
{
    static const enum kps_port_column place[] = {KPS_PORT_ADDRESS, KPS_PORT_OWNER,
                                                 KPS_PORT_CONTEXT};
    static const enum kps_port_column rest[] = {KPS_PORT_WHERE, KPS_PORT_STATE};
    bool has_contexts = list->report->n_engines || list->report->query->scope == KPS_QUERY_CLUSTER;
    struct kps_sv at = join_cells(arena, row, place, KPS_COUNT(place) - !has_contexts);
    struct kps_sv more = join_cells(arena, row, rest, KPS_COUNT(rest));
    const char *port = kps_fmt(arena, "%.*s/%.*s", SV_ARG(row->cells[KPS_PORT_NUMBER]),
                               SV_ARG(row->cells[KPS_PORT_PROTOCOL]))
                           .p;
    const struct kps_container_facts *container =
        kps_container_facts_of(kps_ledger_get_owner(list->report->ledger, row->use.tenant));
    struct kps_sv since = container ? container->since : (struct kps_sv){"", 0};
    return (struct kps_watch_row){
        .key = kps_fmt(arena, "%s  %.*s", port, SV_ARG(at)),
        .value = kps_fmt(arena, "%.*s  %.*s", SV_ARG(row->cells[KPS_PORT_INSIDE]), SV_ARG(more)),
        .since = kps_sv_copy(arena, since),
        .words =
            kps_fmt(arena, "%s  %.*s%s%.*s", port, SV_ARG(at), more.n ? "  " : "", SV_ARG(more))};
}

/* Return: the row of the same key in a look; NULL: none. */
static const struct kps_watch_row *find_row(const struct kps_watch_list *w, struct kps_sv key)
{
    uint32_t at = kps_map_get(&w->by_key, key, UINT32_MAX);
    return at == UINT32_MAX ? NULL : &w->rows.v[at];
}

/* Report if a row has changed. The start counts where the engine told it in both looks: it is asked
 * for the start of some containers, and of some only until they are up. */
static bool has_changed(const struct kps_watch_row *before, const struct kps_watch_row *row)
{
    return !kps_sv_eq(before->value, row->value) ||
           (before->since.n && row->since.n && !kps_sv_eq(before->since, row->since));
}

static void add_line(struct kps_watch_lines *lines, struct kps_arena *arena, char mark,
                     struct kps_sv words)
{
    lines->v[lines->n++] = kps_fmt(arena, "%c %.*s", mark, SV_ARG(words));
}

/* Compare the rows of `next` with those before. Return: whether there is a change. */
static bool mark_rows(const struct kps_watch_list *w, struct kps_watch_list *next)
{
    bool is_changed = false;
    for (uint32_t i = 0; i < next->rows.n; i++) {
        struct kps_watch_row *row = &next->rows.v[i];
        const struct kps_watch_row *before = find_row(w, row->key);
        if (!before) {
            row->mark = '+';
        } else if (find_row(next, row->key) == row && has_changed(before, row)) {
            row->mark = '*';
        }
        is_changed |= row->mark;
    }
    for (uint32_t i = 0; i < w->rows.n; i++) {
        is_changed = is_changed || !find_row(next, w->rows.v[i].key);
    }
    return is_changed;
}

/* Make the lines of a look that differs, or of the first. */
static struct kps_watch_lines make_lines(const struct kps_watch_list *w,
                                         const struct kps_watch_list *next, struct kps_arena *arena)
{
    bool is_first = w->kept == NULL;
    struct kps_watch_lines lines = {
        .v = KPS_NEW_N(arena, struct kps_sv, (size_t)w->rows.n + next->rows.n + 1)};
    for (uint32_t i = 0; i < w->rows.n; i++) {
        if (!find_row(next, w->rows.v[i].key)) {
            add_line(&lines, arena, '-', w->rows.v[i].words);
        }
    }
    for (uint32_t i = 0; i < next->rows.n; i++) {
        const struct kps_watch_row *row = &next->rows.v[i];
        if (row->mark || is_first) {
            add_line(&lines, arena, is_first ? '=' : row->mark, row->words);
        }
    }
    return lines;
}

struct kps_watch_lines kps_watch_list_compare(struct kps_watch_list *w, struct kps_arena *arena,
                                              const struct kps_port_list *list)
{
    struct kps_watch_list next = {.kept = kps_arena_new()};
    for (size_t i = 0; i < list->n; i++) {
        struct kps_watch_row *row = kps_vec_push(&next.rows);
        *row = keep_row(next.kept, list, &list->rows[i]);
        *kps_map_put(&next.by_key, next.kept, row->key, (uint32_t)i) = (uint32_t)i;
    }
    bool is_changed = mark_rows(w, &next);
    struct kps_watch_lines lines = {0};
    if (is_changed || !w->kept) {
        lines = make_lines(w, &next, arena);
    }
    for (size_t i = 0; i < list->n; i++) {
        struct kps_watch_row *row = &next.rows.v[i];
        const struct kps_watch_row *before = find_row(w, row->key);
        row->mark = !is_changed && before ? before->mark : row->mark;
        row->mark = w->kept ? row->mark : '\0';
        list->rows[i].mark = row->mark;
    }
    kps_watch_list_free(w);
    *w = next;
    return lines;
}

void kps_watch_list_free(struct kps_watch_list *w)
{
    if (w->kept) {
        kps_vec_free(&w->rows);
        kps_arena_free(w->kept);
    }
    *w = (struct kps_watch_list){0};
}
