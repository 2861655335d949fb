#include "report/frame.h"

#include <string.h>

#include "base/utf8.h"
#include "report/clip.h"
#include "report/style.h"

enum {
    LEAST_GUTTER = 3,
    LABEL_ROOM = 28, /* a label with less room moves to the left */
};

/* A mark at its shown place. `col` and `width` are columns of the row. */
struct placed {
    const struct kps_mark *mark;
    size_t file_rank; /* files in the order of the marks */
    uint32_t line;
    struct kps_sv text; /* the whole line */
    size_t from, to;    /* bytes of the line */
    size_t col, width;
};

/* The context of a call. */
struct view {
    const struct kps_frame *frame;
    const struct kps_style *style;
    FILE *out;
    unsigned gutter;
    size_t columns; /* for the text right of "12 | " */
};

/* A line of marks in the making: the character of each column, and its paint: primary or not. */
struct cells {
    char c[KPS_WIDTH_MOST];
    bool primary[KPS_WIDTH_MOST];
    size_t n;
};

static void set_cell(struct cells *cells, size_t col, char c, bool primary)
{
    while (cells->n <= col) {
        cells->c[cells->n] = ' ';
        cells->primary[cells->n++] = false;
    }
    cells->c[col] = c;
    cells->primary[col] = primary;
}

/* Print " |", and a blank before further text. */
static void put_gutter(const struct view *view, uint32_t line, bool more)
{
    char text[32];
    int n = line ? snprintf(text, sizeof(text), "%*u |", (int)view->gutter, line)
                 : snprintf(text, sizeof(text), "%*s |", (int)view->gutter, "");
    kps_style_put(view->out, view->style, KPS_PAINT_GUTTER, (struct kps_sv){text, (size_t)n});
    if (more) {
        (void)fputc(' ', view->out);
    }
}

static enum kps_paint paint_of(bool primary)
{
    return primary ? KPS_PAINT_MARK : KPS_PAINT_OTHER;
}

static void put_cells(const struct view *view, const struct cells *cells)
{
    for (size_t at = 0; at < cells->n;) {
        size_t end = at + 1;
        bool blank = cells->c[at] == ' ';
        while (end < cells->n && (cells->c[end] == ' ') == blank &&
               cells->primary[end] == cells->primary[at]) {
            end++;
        }
        struct kps_sv run = {cells->c + at, end - at};
        kps_style_put(view->out, view->style,
                      blank ? KPS_PAINT_PLAIN : paint_of(cells->primary[at]), run);
        at = end;
    }
}

/* Print a source line, or its part by `clip`. */
static void put_source(const struct view *view, uint32_t line, struct kps_sv text,
                       struct kps_clip clip)
{
    struct kps_sv shown =
        kps_clip_show(view->frame->scratch, kps_sv_slice(text, clip.from, clip.to));
    while (!clip.cut_after && shown.n && shown.p[shown.n - 1] == ' ') {
        shown.n--;
    }
    bool more = shown.n || clip.cut_before || clip.cut_after;
    put_gutter(view, line, more);
    (void)fprintf(view->out, "%s%.*s%s\n", clip.cut_before ? "…" : "", SV_ARG(shown),
                  clip.cut_after ? "…" : "");
}

static struct placed place_marks(const struct kps_frame *frame, size_t index)
{
    const struct kps_mark *mark = &frame->marks[index];
    struct kps_files *files = &frame->diag->files;
    struct placed placed = {.mark = mark};
    while (frame->marks[placed.file_rank].span.file != mark->span.file) {
        placed.file_rank++;
    }
    placed.line = kps_files_pos(files, mark->span.file, mark->span.off).line;
    placed.text = kps_files_line(files, mark->span.file, placed.line);
    size_t line_off = placed.text.n
                          ? (size_t)(placed.text.p - kps_files_get(files, mark->span.file)->bytes.p)
                          : 0;
    placed.from = placed.text.n && mark->span.off > line_off ? mark->span.off - line_off : 0;
    placed.to = placed.from + mark->span.len;
    if (placed.from > placed.text.n) {
        placed.from = placed.text.n;
    }
    if (placed.to > placed.text.n) {
        placed.to = placed.text.n;
    }
    return placed;
}

static bool is_before(const struct placed *a, const struct placed *b)
{
    if (a->file_rank != b->file_rank) {
        return a->file_rank < b->file_rank;
    }
    if (a->line != b->line) {
        return a->line < b->line;
    }
    /* of two marks on the same text the primary comes last, which gives its label the place beside
     * the underline */
    return a->from != b->from ? a->from < b->from : !a->mark->primary && b->mark->primary;
}

static size_t place_all(const struct kps_frame *frame, struct placed placed[KPS_FRAME_MARKS])
{
    for (size_t i = 0; i < frame->n; i++) {
        struct placed item = place_marks(frame, i);
        size_t at = i;
        for (; at > 0 && is_before(&item, &placed[at - 1]); at--) {
            placed[at] = placed[at - 1];
        }
        placed[at] = item;
    }
    return frame->n;
}

/* Count the marks for a row, from the first on: the marks of its line in a single clip. */
static size_t row_length(const struct view *view, const struct placed *row, size_t n,
                         struct kps_clip *ret_clip)
{
    size_t to = row[0].to;
    *ret_clip = kps_clip_line(row[0].text, row[0].from, to, view->columns);
    size_t length = 1;
    while (length < n && row[length].file_rank == row[0].file_rank &&
           row[length].line == row[0].line) {
        size_t further = row[length].to > to ? row[length].to : to;
        struct kps_clip clip = kps_clip_line(row[0].text, row[0].from, further, view->columns);
        if (clip.to < further) {
            break;
        }
        to = further;
        *ret_clip = clip;
        length++;
    }
    return length;
}

static void find_columns(const struct view *view, struct placed *row, size_t n,
                         struct kps_clip clip)
{
    size_t lead = clip.cut_before ? 1 : 0;
    size_t last = view->columns - 1;
    for (size_t i = 0; i < n; i++) {
        size_t to = row[i].to < clip.to ? row[i].to : clip.to;
        row[i].col =
            lead + kps_clip_columns(kps_sv_slice(row[i].text, clip.from, row[i].from), last);
        row[i].col = row[i].col > last ? last : row[i].col;
        row[i].width = kps_clip_columns(kps_sv_slice(row[i].text, row[i].from, to),
                                        view->columns - row[i].col);
        row[i].width = row[i].width ? row[i].width : 1;
    }
}

static struct cells print_underline(const struct placed *row, size_t n)
{
    struct cells cells = {.n = 0};
    for (int primary = 0; primary < 2; primary++) {
        for (size_t i = 0; i < n; i++) {
            for (size_t c = 0; row[i].mark->primary == primary && c < row[i].width; c++) {
                set_cell(&cells, row[i].col + c, primary ? '^' : '-', primary);
            }
        }
    }
    return cells;
}

/* Return: the bars from the underline down to later labels, left of `before`. */
static struct cells print_connectors(const struct placed *const *waiting, size_t n, size_t before)
{
    struct cells cells = {.n = 0};
    for (size_t i = 0; i < n; i++) {
        if (waiting[i]->col < before) {
            set_cell(&cells, waiting[i]->col, '|', waiting[i]->mark->primary);
        }
    }
    return cells;
}

/*
 * Print a label on lines of its own below its mark; waiting[0] is the mark, the rest is further to
 * the left.
 */
static void put_hanging(const struct view *view, const struct placed *const *waiting, size_t n)
{
    const struct placed *item = waiting[0];
    struct kps_sv rest = kps_utf8_escape(view->frame->scratch, item->mark->label);
    size_t indent = item->col;
    size_t label = kps_utf8_columns(rest);
    if (label > view->columns - indent && view->columns - indent < LABEL_ROOM) {
        /* on a single line when clear of the next bar, else with the usual room of a label
         */
        size_t left_bound = n > 1 ? waiting[1]->col + 2 : 0;
        bool is_whole = label + left_bound <= view->columns || label < LABEL_ROOM;
        size_t room = is_whole ? label : LABEL_ROOM;
        indent = room < view->columns ? view->columns - room : 0;
    }
    while (rest.n) {
        struct kps_sv text = kps_style_wrap(&rest, view->columns - indent);
        struct cells bars = print_connectors(waiting + 1, n - 1, indent);
        put_gutter(view, 0, true);
        put_cells(view, &bars);
        kps_style_blanks(view->out, indent - bars.n);
        kps_style_put(view->out, view->style, paint_of(item->mark->primary), text);
        (void)fputc('\n', view->out);
    }
}

/* Return: whether the label of the last mark fits beside the underline, and was put there. */
static bool put_beside(const struct view *view, const struct placed *item,
                       const struct cells *cells)
{
    struct kps_sv label = kps_utf8_escape(view->frame->scratch, item->mark->label);
    bool fits = item->col + item->width == cells->n &&
                cells->n + 1 + kps_utf8_columns(label) <= view->columns;
    if (label.n && fits) {
        (void)fputc(' ', view->out);
        kps_style_put(view->out, view->style, paint_of(item->mark->primary), label);
    }
    return fits;
}

static void put_marks(const struct view *view, const struct placed *row, size_t n)
{
    struct cells cells = print_underline(row, n);
    put_gutter(view, 0, true);
    put_cells(view, &cells);
    bool beside = put_beside(view, &row[n - 1], &cells);
    (void)fputc('\n', view->out);
    const struct placed *waiting[KPS_FRAME_MARKS];
    size_t n_waiting = 0;
    for (size_t i = beside ? n - 1 : n; i-- > 0;) {
        if (row[i].mark->label.n) {
            waiting[n_waiting++] = &row[i];
        }
    }
    if (n_waiting && (beside || n_waiting > 1)) {
        struct cells bars = print_connectors(waiting, n_waiting, view->columns);
        put_gutter(view, 0, true);
        put_cells(view, &bars);
        (void)fputc('\n', view->out);
    }
    for (size_t i = 0; i < n_waiting; i++) {
        put_hanging(view, waiting + i, n_waiting - i);
    }
}

static void put_path(const struct view *view, const char *arrow, const struct kps_mark *mark)
{
    const struct kps_frame *frame = view->frame;
    struct kps_sv path =
        kps_utf8_escape(frame->scratch, kps_files_get(&frame->diag->files, mark->span.file)->path);
    struct kps_pos pos = kps_files_pos(&frame->diag->files, mark->span.file, mark->span.off);
    kps_style_blanks(view->out, view->gutter);
    kps_style_put(view->out, view->style, KPS_PAINT_GUTTER, kps_sv_of(arrow));
    (void)fputc(' ', view->out);
    kps_style_put(view->out, view->style, KPS_PAINT_TITLE,
                  kps_fmt(frame->scratch, "%.*s:%u:%u", SV_ARG(path), pos.line, pos.col));
    (void)fputc('\n', view->out);
    put_gutter(view, 0, false);
    (void)fputc('\n', view->out);
}

/* Print the lines between a row and the row before in the same file. */
static void put_gap(const struct view *view, const struct placed *row, uint32_t last_line)
{
    if (row->line == last_line + 2) {
        struct kps_sv text =
            kps_files_line(&view->frame->diag->files, row->mark->span.file, last_line + 1);
        put_source(view, last_line + 1, text, kps_clip_line(text, 0, 0, view->columns));
    } else if (row->line > last_line + 2) {
        kps_style_put(view->out, view->style, KPS_PAINT_GUTTER, SV("..."));
        (void)fputc('\n', view->out);
    }
}

unsigned kps_frame_gutter(const struct kps_frame *frame)
{
    uint32_t highest = 1;
    for (size_t i = 0; i < frame->n; i++) {
        uint32_t line =
            kps_files_pos(&frame->diag->files, frame->marks[i].span.file, frame->marks[i].span.off)
                .line;
        highest = line > highest ? line : highest;
    }
    unsigned digits = 1;
    while (highest >= 10) {
        highest /= 10;
        digits++;
    }
    return digits > LEAST_GUTTER ? digits : LEAST_GUTTER;
}

void kps_frame_print(const struct kps_frame *frame, const struct kps_style *style, FILE *out)
{
    struct view view = {frame, style, out, kps_frame_gutter(frame), 0};
    view.columns = style->width - view.gutter - (sizeof(" | ") - 1);
    struct placed placed[KPS_FRAME_MARKS];
    size_t n = place_all(frame, placed);
    uint32_t last_line = 0;
    for (size_t at = 0; at < n;) {
        struct placed *row = &placed[at];
        if (at == 0) {
            put_path(&view, "-->", &frame->marks[0]);
        } else if (row->file_rank != row[-1].file_rank) {
            put_gutter(&view, 0, false);
            (void)fputc('\n', out);
            put_path(&view, ":::", row->mark);
        } else {
            put_gap(&view, row, last_line);
        }
        struct kps_clip clip;
        size_t length = row_length(&view, row, n - at, &clip);
        find_columns(&view, row, length, clip);
        put_source(&view, row->line, row->text, clip);
        put_marks(&view, row, length);
        last_line = row->line;
        at += length;
    }
}
