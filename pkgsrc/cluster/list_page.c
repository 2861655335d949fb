#include "cluster/list_page.h"

#include <jansson.h>
#include <string.h>

/* A page that is being read. */
struct page {
    struct kps_arena *arena;
    struct kps_sv json;
    const struct kps_json_want *wants;
    struct kps_sv head;
    kps_list_item *item;
    void *context;
    struct kps_buf room; /* the item at hand */
    struct kps_list_page *ret;
};

static bool fail_page(struct page *page, size_t at, const char *what)
{
    if (at >= page->json.n) {
        page->ret->error = kps_fmt(page->arena, "breaks off after %zu bytes", page->json.n);
    } else {
        page->ret->error = kps_fmt(page->arena, "is no list: %s at byte %zu", what, at);
    }
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

/* Read the token of the next page out of the list's metadata. */
static struct kps_sv read_token(struct kps_arena *arena, struct kps_sv json)
{
    json_t *object = json_loadb(json.p, json.n, JSON_REJECT_DUPLICATES, NULL);
    struct kps_sv token = {"", 0};
    const json_t *value = object ? json_object_get(object, "continue") : NULL;
    if (json_is_string(value)) {
        token = kps_sv_copy(arena,
                            (struct kps_sv){json_string_value(value), json_string_length(value)});
    }
    json_decref(object);
    return token;
}

/* Return true when an object has the member at its top level. */
static bool has_member(struct kps_sv object, struct kps_sv member)
{
    size_t at = 1;
    struct kps_sv name;
    kps_json_sieve_space(object, &at);
    while (kps_json_sieve_name(object, &at, &name) && kps_json_sieve_skip(object, &at)) {
        if (kps_sv_eq(name, member)) {
            return true;
        }
        kps_json_sieve_space(object, &at);
        if (at >= object.n || object.p[at] != ',') {
            break;
        }
        at++;
        kps_json_sieve_space(object, &at);
    }
    return false;
}

/* Hand out the item at *at. */
static bool take_item(struct page *page, size_t *at)
{
    size_t start = *at;
    struct kps_sv rest = kps_sv_slice(page->json, 0, start + KPS_LIST_MOST_ITEM);
    page->room.n = 0;
    if (start >= page->json.n || page->json.p[start] != '{') {
        return fail_page(page, start, "an object is expected");
    }
    if (page->head.n && !has_member(kps_sv_slice(rest, start, rest.n), SV("kind"))) {
        kps_buf_char(&page->room, '{');
        kps_buf_add(&page->room, page->head);
    }
    size_t prefix = page->room.n;
    if (!kps_json_sieve(rest, at, page->wants, &page->room)) {
        if (rest.n < page->json.n) {
            page->ret->error = kps_fmt(page->arena, "has an item larger than %d MiB",
                                       KPS_LIST_MOST_ITEM / (1024 * 1024));
            return false;
        }
        return fail_page(page, page->json.n, "");
    }
    if (prefix && page->room.n > prefix + 1) {
        /* "{HEAD" is followed by "{…": the second brace goes, or the comma of an empty object */
        memmove(page->room.p + prefix, page->room.p + prefix + 1, page->room.n - prefix - 1);
        page->room.n--;
        if (page->room.p[prefix] == '}') {
            page->room.p[prefix - 1] = '}';
            page->room.n--;
        }
    }
    page->ret->n_items++;
    page->item(page->context, kps_buf_sv(&page->room));
    return true;
}

static bool take_items(struct page *page, size_t *at)
{
    struct kps_sv json = page->json;
    if (*at < json.n && json.p[*at] != '[') {
        return kps_json_sieve_skip(json, at); /* "items": null */
    }
    (*at)++;
    kps_json_sieve_space(json, at);
    if (*at < json.n && json.p[*at] == ']') {
        (*at)++;
        return true;
    }
    for (;;) {
        if (!take_item(page, at)) {
            return false;
        }
        kps_json_sieve_space(json, at);
        if (*at >= json.n || (json.p[*at] != ',' && json.p[*at] != ']')) {
            return fail_page(page, *at, "',' or ']' is expected");
        }
        if (json.p[(*at)++] == ']') {
            return true;
        }
        kps_json_sieve_space(json, at);
    }
}

/* Read the value of a member of the list. */
static bool take_member(struct page *page, struct kps_sv name, size_t *at)
{
    if (kps_sv_eq(name, SV("items"))) {
        return take_items(page, at);
    }
    size_t start = *at;
    if (!kps_json_sieve_skip(page->json, at)) {
        return fail_page(page, page->json.n, "");
    }
    struct kps_sv value = kps_sv_slice(page->json, start, *at);
    if (kps_sv_eq(name, SV("metadata"))) {
        page->ret->next = read_token(page->arena, value);
    } else if (kps_sv_eq(name, SV("kind"))) {
        page->ret->kind = read_text(page->arena, value);
    } else if (kps_sv_eq(name, SV("message"))) {
        page->ret->message = read_text(page->arena, value);
    }
    return true;
}

bool kps_list_page_read(struct kps_arena *arena, struct kps_sv json,
                        const struct kps_json_want *wants, struct kps_sv head, kps_list_item *item,
                        void *context, struct kps_list_page *ret)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct page page = {.arena = arena,
                        .json = json,
                        .wants = wants,
                        .head = head,
                        .item = item,
                        .context = context,
                        .room = KPS_BUF(scratch),
                        .ret = ret};
    size_t at = 0;
    *ret = (struct kps_list_page){.n_items = 0};
    kps_json_sieve_space(json, &at);
    if (at >= json.n || json.p[at] != '{') {
        return fail_page(&page, at, "an object is expected");
    }
    at++;
    kps_json_sieve_space(json, &at);
    bool more = at < json.n && json.p[at] != '}';
    while (more) {
        struct kps_sv name;
        if (!kps_json_sieve_name(json, &at, &name)) {
            return fail_page(&page, at, "a member is expected");
        }
        if (!take_member(&page, name, &at)) {
            return false;
        }
        kps_json_sieve_space(json, &at);
        more = at < json.n && json.p[at] == ',';
        at += more;
        kps_json_sieve_space(json, &at);
    }
    return at < json.n && json.p[at] == '}' ? true : fail_page(&page, at, "'}' is expected");
}
