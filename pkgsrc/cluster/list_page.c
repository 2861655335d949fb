#include "cluster/list_page.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "base/count.h"
#include "base/limits.h"
#include "base/retry.h"
#include "base/utf16.h"
#include "base/vec.h"

/* Bytes of a file that are in memory at least; grows to twice the largest item. */
enum { WINDOW_BYTES = 256 * 1024 };

/* A list of a file whose items came before its own kind. */
struct late_head {
    uint32_t list; /* its number in the file */
    struct kps_sv kind, api_version;
};

/* A list that is being read. */
struct page {
    const struct kps_list_reader *how;
    struct kps_sv json; /* the text, or the part of the file that is in memory */
    size_t at;          /* in it */
    struct kps_sv kind, api_version;
    bool has_items;        /* the list has the member */
    bool has_headless;     /* items of the list were skipped: their kind is unknown yet */
    uint32_t n_items_then; /* handed out before this list */
    uint32_t n_lists;      /* of the file, before this one */
    KPS_VEC(struct late_head) heads;
    bool is_second;        /* pass, for the lists of `heads` alone */
    uint32_t n_late;       /* of `heads`, that it has reached */
    struct kps_buf room;   /* the item at hand */
    struct kps_buf window; /* of a file */
    struct kps_arena *scratch;
    int fd;              /* -1: `json` is all there is */
    int error;           /* errno of a read */
    bool is_over;        /* the file has no more bytes */
    uint64_t dropped;    /* bytes of the file before the window */
    uint32_t line;       /* of the first byte in memory, from 0 */
    uint64_t line_start; /* and where that line begins in the file */
    struct kps_list_page *ret;
};

static void count_lines(struct page *page, size_t end)
{
    const char *from = page->json.p;
    const char *line_feed;
    while ((line_feed = memchr(from, '\n', (size_t)(page->json.p + end - from)))) {
        from = line_feed + 1;
        page->line++;
        page->line_start = page->dropped + (size_t)(from - page->json.p);
    }
}

/* Read more of the file behind page->at; the bytes before it are given up. Return: false when the
 * file has ended, or an item is too large. */
static bool read_more(struct page *page)
{
    bool is_endless = page->dropped >> 20 >= KPS_LIMIT_DUMP_MIB;
    if (page->fd < 0 || page->is_over || is_endless ||
        page->json.n - page->at >= KPS_LIST_MOST_ITEM) {
        page->error = is_endless ? EFBIG : page->error;
        return false;
    }
    count_lines(page, page->at);
    page->dropped += page->at;
    size_t left = page->json.n - page->at;
    struct kps_buf *window = &page->window;
    size_t cap = window->cap ? window->cap : WINDOW_BYTES;
    while (cap < 2 * left) {
        cap *= 2;
    }
    char *bytes = cap == window->cap ? window->p : kps_alloc(page->scratch, cap);
    if (left) {
        memmove(bytes, page->json.p + page->at, left);
    }
    *window = (struct kps_buf){page->scratch, bytes, left, cap};
    while (window->n < cap && !page->is_over) {
        ssize_t got = kps_retry_read(page->fd, bytes + window->n, cap - window->n);
        page->error = got < 0 ? errno : 0;
        page->is_over = got <= 0;
        window->n += got > 0 ? (size_t)got : 0;
    }
    page->at = 0;
    page->json = (struct kps_sv){bytes, window->n};
    return window->n > left;
}

/* Move on to the next byte that is no blank. Return: the byte; NUL at the end of the text. */
static char peek_byte(struct page *page)
{
    do {
        kps_json_sieve_space(page->json, &page->at);
    } while (page->at >= page->json.n && read_more(page));
    return page->at < page->json.n ? page->json.p[page->at] : '\0';
}

static bool fail_page(struct page *page, const char *what)
{
    struct kps_arena *arena = page->how->arena;
    if (page->error) {
        page->ret->error = kps_fmt(arena, "cannot be read: %s", strerror(page->error));
    } else if (page->at >= page->json.n || !what[0]) {
        page->ret->error =
            kps_fmt(arena, "breaks off after %s",
                    kps_count_of(arena, (size_t)page->dropped + page->json.n, "byte").p);
    } else {
        count_lines(page, page->at);
        page->ret->error =
            kps_fmt(arena, "is no list: %s at line %u, column %zu", what, page->line + 1,
                    (size_t)(page->dropped + page->at - page->line_start) + 1);
    }
    return false;
}

/* Report a value that does not end: it is too large, or the text is cut. */
static bool fail_value(struct page *page, bool is_item)
{
    if (page->json.n - page->at < KPS_LIST_MOST_ITEM) {
        return fail_page(page, "");
    }
    page->ret->error =
        kps_fmt(page->how->arena, "has %s larger than %d MiB", is_item ? "an item" : "a member",
                KPS_LIST_MOST_ITEM / (1024 * 1024));
    return false;
}

/* Parse a text value; empty for anything else. */
static struct kps_sv read_text(struct kps_arena *arena, struct kps_sv json)
{
    json_t *value = json_loadb(json.p, json.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    struct kps_sv text = {"", 0};
    if (json_is_string(value)) {
        text = kps_sv_copy(arena,
                           (struct kps_sv){json_string_value(value), json_string_length(value)});
    }
    json_decref(value);
    return text;
}

/* Find a member at the top level of an object. Return: its value, raw; empty: there is none. */
static struct kps_sv find_member(struct kps_sv object, struct kps_sv member)
{
    size_t at = 1;
    struct kps_sv name;
    kps_json_sieve_space(object, &at);
    while (kps_json_sieve_name(object, &at, &name)) {
        size_t start = at;
        if (!kps_json_sieve_skip(object, &at)) {
            break;
        }
        if (kps_sv_eq(name, member)) {
            return kps_sv_slice(object, start, at);
        }
        kps_json_sieve_space(object, &at);
        if (at >= object.n || object.p[at] != ',') {
            break;
        }
        at++;
        kps_json_sieve_space(object, &at);
    }
    return (struct kps_sv){"", 0};
}

static struct kps_sv without_quotes(struct kps_sv text)
{
    return text.n >= 2 && text.p[0] == '"' ? kps_sv_slice(text, 1, text.n - 1) : SV("");
}

/* Put kind and apiVersion of the list in front of the item's own members. */
static void add_head(struct page *page)
{
    kps_buf_fmt(&page->room, "{\"apiVersion\":\"%.*s\",\"kind\":\"%.*s\"",
                SV_ARG(page->api_version), SV_ARG(page->kind));
}

/* Join the head and the sieved object behind the head. */
static void join_head(struct page *page, size_t head)
{
    struct kps_buf *room = &page->room;
    if (head && room->n == head + 2) {
        room->n = head; /* an empty object */
        kps_buf_char(room, '}');
    } else if (head) {
        room->p[head] = ',';
    }
}

enum hand_out {
    HAND_OUT_DONE,
    HAND_OUT_NO_OBJECT,
    HAND_OUT_CUT,     /* not all of the object is in memory */
    HAND_OUT_NO_JSON, /* the brackets match, what is inside does not */
};

/* Hand out the object at page->at, or skip it in a pass that is not for it. */
static enum hand_out hand_out(struct page *page)
{
    const struct kps_list_reader *how = page->how;
    struct kps_sv rest = kps_sv_head(page->json, page->at + KPS_LIST_MOST_ITEM);
    size_t at = page->at;
    size_t end = at;
    if (at >= rest.n || rest.p[at] != '{') {
        return HAND_OUT_NO_OBJECT;
    }
    if (!kps_json_sieve_skip(rest, &end)) {
        return HAND_OUT_CUT;
    }
    struct kps_sv kind = without_quotes(find_member(kps_sv_slice(rest, at, end), SV("kind")));
    bool is_headless = kind.n == 0;
    page->room.n = 0;
    if (is_headless && page->kind.n) {
        kind = page->kind;
        add_head(page);
    } else if (is_headless || page->is_second) {
        page->has_headless |= is_headless;
        page->at = end;
        return HAND_OUT_DONE;
    }
    size_t head = page->room.n;
    if (!kps_json_sieve(rest, &at, how->wants ? how->wants(kind) : "", &page->room)) {
        return HAND_OUT_NO_JSON;
    }
    page->at = at;
    join_head(page, head);
    page->ret->n_items++;
    how->item(how->context, kps_buf_sv(&page->room));
    return HAND_OUT_DONE;
}

static bool take_item(struct page *page)
{
    (void)peek_byte(page);
    for (;;) {
        switch (hand_out(page)) {
        case HAND_OUT_DONE:
            return true;
        case HAND_OUT_NO_OBJECT:
            return fail_page(page, "an object is expected");
        case HAND_OUT_NO_JSON:
            return fail_page(page, "the item is no JSON");
        case HAND_OUT_CUT:
            if (!read_more(page)) {
                return fail_value(page, true);
            }
        }
    }
}

/* Return the kind of the items of a list ("PodList": "Pod"); empty for a mixed one. */
static struct kps_sv item_kind(struct kps_sv list)
{
    if (list.n <= 4 || !kps_sv_has_tail(list, "List")) {
        return (struct kps_sv){"", 0};
    }
    struct kps_sv kind = kps_sv_head(list, list.n - 4);
    for (size_t i = 0; i < kind.n; i++) {
        if (!kps_is_alpha(kind.p[i])) {
            return (struct kps_sv){"", 0};
        }
    }
    return kind;
}

/* Find kind and apiVersion for the items of a list. */
static void name_items(struct page *page)
{
    page->has_items = true;
    if (page->how->kind.n) {
        page->kind = page->how->kind;
        page->api_version = page->how->api_version;
    } else if (!page->is_second) {
        page->kind = item_kind(page->ret->kind);
    } else if (page->n_late < page->heads.n && page->heads.v[page->n_late].list == page->n_lists) {
        page->kind = page->heads.v[page->n_late].kind;
        page->api_version = page->heads.v[page->n_late++].api_version;
    }
}

static bool take_items(struct page *page)
{
    page->at++;
    name_items(page);
    if (peek_byte(page) == ']') {
        page->at++;
        return true;
    }
    for (;;) {
        if (!take_item(page)) {
            return false;
        }
        char c = peek_byte(page);
        if (c != ',' && c != ']') {
            return fail_page(page, "',' or ']' is expected");
        }
        page->at++;
        if (c == ']') {
            return true;
        }
    }
}

/* Keep what a member of the list says. */
static void keep_member(struct page *page, struct kps_sv name, struct kps_sv value)
{
    struct kps_arena *arena = page->how->arena;
    if (kps_sv_is(name, "items")) {
        page->has_items = kps_sv_is(kps_sv_trim(value), "null");
    } else if (kps_sv_is(name, "metadata") && value.p[0] == '{') {
        page->ret->next = read_text(arena, find_member(value, SV("continue")));
    } else if (kps_sv_is(name, "kind")) {
        page->ret->kind = read_text(arena, value);
    } else if (kps_sv_is(name, "apiVersion")) {
        page->api_version = kps_sv_copy(arena, without_quotes(value));
    } else if (kps_sv_is(name, "message")) {
        page->ret->message = read_text(arena, value);
    }
}

/* Read one member of the list. */
static bool take_member(struct page *page)
{
    struct kps_sv name = {"", 0};
    size_t from = 0;
    do {
        (void)peek_byte(page);
        from = page->at;
        size_t at = from;
        if (kps_json_sieve_name(page->json, &at, &name) && at < page->json.n) {
            size_t value = at;
            if (kps_sv_is(name, "items") && page->json.p[at] == '[') {
                page->at = at;
                return take_items(page);
            }
            if (kps_json_sieve_skip(page->json, &at)) {
                keep_member(page, name, kps_sv_slice(page->json, value, at));
                page->at = at;
                return true;
            }
        } else if (at < page->json.n) {
            page->at = at;
            return fail_page(page, "a member is expected");
        }
    } while (read_more(page));
    return fail_value(page, false);
}

static bool fail_list(struct page *page, struct kps_sv words)
{
    page->ret->error = words;
    return false;
}

/* Check a list that was read to its end. */
static bool end_list(struct page *page)
{
    struct kps_arena *arena = page->how->arena;
    struct kps_sv kind = page->ret->kind;
    struct kps_sv message = page->ret->message;
    if (kps_sv_is(kind, "Status") || (!page->has_items && message.n)) {
        return fail_list(page, kps_fmt(arena, "is no list but an error of the API server%s%.*s",
                                       message.n ? ": " : "", SV_ARG(message)));
    }
    if (!page->has_items) {
        return fail_list(page, SV("is no list: it has no items"));
    }
    if (kind.n ? !kps_sv_has_tail(kind, "List")
               : !page->is_second && page->ret->n_items == page->n_items_then) {
        return fail_list(page, SV("is no list: its kind does not end in List"));
    }
    if (page->has_headless && !page->is_second) {
        *kps_vec_push(&page->heads) =
            (struct late_head){page->n_lists, item_kind(kind), page->api_version};
        if (item_kind(kind).n == 0) {
            return fail_list(page, SV("has items without a kind"));
        }
    }
    page->n_lists++;
    return true;
}

/* Read the list that begins at page->at. */
static bool take_list(struct page *page)
{
    page->kind = page->api_version = (struct kps_sv){"", 0};
    page->ret->kind = page->ret->message = (struct kps_sv){"", 0};
    page->has_items = page->has_headless = false;
    page->n_items_then = page->ret->n_items;
    if (peek_byte(page) != '{') {
        return fail_page(page, "an object is expected");
    }
    page->at++;
    char c = peek_byte(page);
    bool more = c != '}';
    while (more) {
        if (!take_member(page)) {
            return false;
        }
        c = peek_byte(page);
        more = c == ',';
        page->at += more;
    }
    if (c != '}') {
        return fail_page(page, "'}' is expected");
    }
    page->at++;
    return end_list(page);
}

static void open_page(struct page *page, const struct kps_list_reader *how,
                      struct kps_arena *scratch, int fd, struct kps_list_page *ret)
{
    *page = (struct page){.how = how,
                          .json = {"", 0},
                          .room = KPS_BUF(scratch),
                          .scratch = scratch,
                          .fd = fd,
                          .ret = ret};
}

bool kps_list_page_read(const struct kps_list_reader *reader, struct kps_sv json,
                        struct kps_list_page *ret)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct page page;
    open_page(&page, reader, scratch, -1, ret);
    page.json = json;
    *ret = (struct kps_list_page){.n_items = 0};
    bool is_list = take_list(&page);
    kps_vec_free(&page.heads);
    return is_list;
}

enum shape { SHAPE_LIST, SHAPE_SINGLE, SHAPE_CUT };

/* Find out what begins at page->at by the members in memory; everything odd is for take_list(). */
static enum shape find_shape(const struct page *page)
{
    struct kps_sv json = page->json;
    struct kps_sv name;
    size_t at = page->at;
    char c = at < json.n ? json.p[at] : '\0';
    for (bool more = c == '{'; more; more = c == ',') {
        at++;
        kps_json_sieve_space(json, &at);
        if (at < json.n && json.p[at] == '}') {
            return SHAPE_LIST; /* {}: reported there */
        }
        if (!kps_json_sieve_name(json, &at, &name)) {
            return at < json.n ? SHAPE_LIST : SHAPE_CUT;
        }
        if (kps_sv_is(name, "items")) {
            return SHAPE_LIST;
        }
        if (!kps_json_sieve_skip(json, &at)) {
            return SHAPE_CUT;
        }
        kps_json_sieve_space(json, &at);
        if (at >= json.n) {
            return SHAPE_CUT;
        }
        c = json.p[at];
    }
    return c == '}' ? SHAPE_SINGLE : SHAPE_LIST;
}

/* Read the list, or the single object, that begins at page->at. */
static bool take_document(struct page *page)
{
    (void)peek_byte(page);
    enum shape shape = find_shape(page);
    while (shape == SHAPE_CUT && read_more(page)) {
        shape = find_shape(page);
    }
    if (shape == SHAPE_CUT) {
        return fail_value(page, true);
    }
    if (shape == SHAPE_SINGLE) {
        size_t end = page->at;
        bool is_whole = kps_json_sieve_skip(page->json, &end);
        struct kps_sv object = kps_sv_slice(page->json, page->at, end);
        struct kps_sv kind = without_quotes(find_member(object, SV("kind")));
        if (is_whole && kind.n && !kps_sv_is(kind, "Status") && !kps_sv_has_tail(kind, "List")) {
            page->kind = (struct kps_sv){"", 0};
            return take_item(page);
        }
    }
    return take_list(page);
}

/* Read text in UTF-16 as a whole. Return: false when the text is too long. */
static bool decode_all(struct page *page)
{
    struct kps_buf *all = kps_buf_new(page->scratch);
    do {
        kps_buf_add(all, kps_sv_from(page->json, page->at));
        page->at = page->json.n;
    } while (all->n <= KPS_LIMIT_FILE_BYTES && read_more(page));
    page->json = kps_buf_sv(all);
    page->at = 0;
    page->fd = -1;
    if (all->n > KPS_LIMIT_FILE_BYTES) {
        page->ret->error = SV("is in UTF-16 and too large: write it in UTF-8");
        return false;
    }
    (void)kps_utf16_decode(page->scratch, &page->json);
    return true;
}

static bool skip_mark(struct page *page)
{
    (void)read_more(page);
    if (kps_sv_starts_with_any(page->json, "\xff\xfe \xfe\xff")) {
        return decode_all(page);
    }
    page->at = kps_sv_has_head(page->json, "\xef\xbb\xbf") ? 3 : 0;
    return true;
}

/* Read all that a file has, from where it stands. */
static bool take_documents(struct page *page)
{
    bool is_read = skip_mark(page);
    while (is_read) {
        is_read = take_document(page);
        if (is_read && peek_byte(page) == '\0' && page->at >= page->json.n) {
            break;
        }
    }
    return page->error && is_read ? fail_page(page, "") : is_read;
}

/* Read the items that came before the kind of their list: now that is known. */
static bool take_late_items(struct page *first, off_t start)
{
    if (start < 0 || lseek(first->fd, start, SEEK_SET) != start) {
        return fail_list(first, SV("has items before their kind: save it as a file"));
    }
    struct page page;
    open_page(&page, first->how, first->scratch, first->fd, first->ret);
    page.heads = first->heads;
    page.is_second = true;
    bool is_read = take_documents(&page);
    first->error = page.error;
    return is_read;
}

bool kps_list_page_stream(const struct kps_list_reader *reader, int fd, struct kps_list_page *ret,
                          int *ret_errno)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct page page;
    open_page(&page, reader, scratch, fd, ret);
    off_t start = lseek(fd, 0, SEEK_CUR);
    *ret = (struct kps_list_page){.n_items = 0};
    bool is_read = take_documents(&page);
    if (is_read && page.heads.n) {
        page.fd = fd; /* given up for a text in UTF-16 */
        is_read = take_late_items(&page, start);
    }
    *ret_errno = page.error;
    kps_vec_free(&page.heads);
    return is_read;
}
