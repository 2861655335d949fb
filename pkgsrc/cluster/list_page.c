#include "cluster/list_page.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "base/count.h"
#include "base/limits.h"
#include "base/retry.h"
#include "base/utf16.h"

/* Bytes of a file that are in memory at least; grows to twice the largest item. */
enum { WINDOW_BYTES = 256 * 1024 };

/* A list that is being read. */
struct page {
    const struct kps_list_reader *how;
    struct kps_sv json; /* the text, or the part of the file that is in memory */
    size_t at;          /* in it */
    struct kps_sv kind, api_version;
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
        ssize_t got;
        KPS_RETRY(got, read(page->fd, bytes + window->n, cap - window->n));
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
            kps_fmt(arena, "breaks off after %.*s",
                    SV_ARG(kps_count_of(arena, (size_t)page->dropped + page->json.n, "byte")));
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

/* Hand out the object at page->at, which is wholly in memory. Return: false when it is not. */
static bool hand_out(struct page *page, bool *ret_is_object)
{
    const struct kps_list_reader *how = page->how;
    struct kps_sv rest = kps_sv_slice(page->json, 0, page->at + KPS_LIST_MOST_ITEM);
    size_t end = page->at;
    *ret_is_object = page->at < page->json.n && page->json.p[page->at] == '{';
    if (!*ret_is_object || !kps_json_sieve_skip(rest, &end)) {
        return false;
    }
    struct kps_sv object = kps_sv_slice(rest, page->at, end);
    struct kps_sv kind = without_quotes(find_member(object, SV("kind")));
    page->room.n = 0;
    bool is_headless = kind.n == 0;
    if (is_headless && page->kind.n) {
        kind = page->kind;
        add_head(page);
    }
    size_t head = page->room.n;
    if (!kps_json_sieve(rest, &page->at, how->wants ? how->wants(kind) : NULL, &page->room)) {
        return false;
    }
    if (is_headless && page->kind.n == 0) {
        page->ret->is_headless = true;
        return true;
    }
    join_head(page, head);
    page->ret->n_items++;
    how->item(how->context, kps_buf_sv(&page->room));
    return true;
}

static bool take_item(struct page *page)
{
    bool is_object = false;
    (void)peek_byte(page);
    while (!hand_out(page, &is_object)) {
        if (!is_object) {
            return fail_page(page, "an object is expected");
        }
        if (!read_more(page)) {
            return fail_value(page, true);
        }
    }
    return true;
}

/* Take kind and apiVersion of a list for its items ("PodList" -> "Pod"). */
static void name_items(struct page *page)
{
    struct kps_sv kind = page->ret->kind;
    if (page->how->kind.n) {
        page->kind = page->how->kind;
        page->api_version = page->how->api_version;
    } else if (kind.n > 4 && kps_sv_ends(kind, SV("List"))) {
        page->kind = kps_sv_slice(kind, 0, kind.n - 4);
        for (size_t i = 0; i < page->kind.n; i++) {
            char low = kps_lower(page->kind.p[i]);
            if (low < 'a' || low > 'z') {
                page->kind.n = 0;
            }
        }
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
    if (kps_sv_is(name, "metadata") && value.p[0] == '{') {
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

/* Read the list, or the object, that begins at page->at. */
static bool take_list(struct page *page)
{
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
    return true;
}

bool kps_list_page_read(const struct kps_list_reader *reader, struct kps_sv json,
                        struct kps_list_page *ret)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct page page = {.how = reader,
                        .json = json,
                        .room = KPS_BUF(scratch),
                        .scratch = scratch,
                        .fd = -1,
                        .ret = ret};
    *ret = (struct kps_list_page){.n_items = 0};
    return take_list(&page);
}

/* Read the object at page->at when all of the object is in memory, and no list. Return: success. */
static bool take_single(struct page *page)
{
    size_t end = page->at;
    bool is_object = false;
    if (peek_byte(page) != '{' || !kps_json_sieve_skip(page->json, &end) ||
        find_member(kps_sv_slice(page->json, page->at, end), SV("items")).n) {
        return false;
    }
    struct kps_sv object = kps_sv_slice(page->json, page->at, end);
    struct kps_sv kind = without_quotes(find_member(object, SV("kind")));
    return kind.n && !kps_sv_is(kind, "Status") && !kps_sv_ends(kind, SV("List")) &&
           hand_out(page, &is_object);
}

/* Read text in UTF-16 as a whole. Return: false when the text is too long. */
static bool decode_all(struct page *page)
{
    struct kps_buf all = KPS_BUF(page->scratch);
    do {
        kps_buf_add(&all, kps_sv_from(page->json, page->at));
        page->at = page->json.n;
    } while (all.n <= KPS_LIMIT_FILE_BYTES && read_more(page));
    page->json = kps_buf_sv(&all);
    page->at = 0;
    page->fd = -1;
    if (all.n > KPS_LIMIT_FILE_BYTES) {
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
    page->at = kps_sv_starts(page->json, SV("\xef\xbb\xbf")) ? 3 : 0;
    return true;
}

bool kps_list_page_stream(const struct kps_list_reader *reader, int fd, struct kps_list_page *ret,
                          int *ret_errno)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct page page = {.how = reader,
                        .room = KPS_BUF(scratch),
                        .json = {"", 0},
                        .scratch = scratch,
                        .fd = fd,
                        .ret = ret};
    *ret = (struct kps_list_page){.n_items = 0};
    bool is_list = skip_mark(&page);
    while (is_list) {
        page.kind = page.api_version = ret->kind = (struct kps_sv){"", 0};
        is_list = take_single(&page) || take_list(&page);
        (void)peek_byte(&page);
        if (page.at >= page.json.n) {
            break;
        }
    }
    *ret_errno = page.error;
    if (is_list && page.error) {
        return fail_page(&page, "");
    }
    if (is_list && ret->message.n && kps_sv_is(ret->kind, "Status")) {
        ret->error = kps_fmt(reader->arena, "is no list but an error of the API server: %.*s",
                             SV_ARG(ret->message));
        return false;
    }
    return is_list;
}
