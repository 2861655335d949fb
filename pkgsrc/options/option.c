#include "options/option.h"

#include "base/buf.h"
#include <stdarg.h>

enum { MOST_SECONDS = 3600, MS = 1000 };

static const struct kps_option_state *state_of(const struct kps_options *options)
{
    return (const struct kps_option_state *)options;
}

bool kps_option_refuse_line(struct kps_arena *arena, struct kps_sv *ret_error, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    *ret_error = kps_vfmt(arena, fmt, args);
    va_end(args);
    return false;
}

bool kps_option_refuse(struct kps_option_setting *s, struct kps_sv text, const char *why)
{
    return kps_option_refuse_line(s->arena, &s->error, "%s '%.*s' %s", s->name, SV_ARG(text), why);
}

void kps_option_append(struct kps_arena *arena, const struct kps_options *options,
                       struct kps_list *list, struct kps_sv text)
{
    if (!list->v) {
        list->v = KPS_NEW_N(arena, struct kps_sv, state_of(options)->most_values + 1);
    }
    list->v[list->n++] = text;
}

bool kps_option_seconds(struct kps_sv text, uint32_t *ret_ms)
{
    size_t dot = kps_sv_find(text, '.');
    struct kps_sv fraction = kps_sv_from(text, dot + 1);
    int64_t whole = kps_sv_number(kps_sv_head(text, dot), MOST_SECONDS);
    int64_t part = dot < text.n ? kps_sv_number(fraction, MS - 1) : 0;
    if (whole < 0 || part < 0 || fraction.n > 3) {
        return false;
    }
    for (size_t i = fraction.n; i < 3; i++) {
        part *= 10;
    }
    *ret_ms = (uint32_t)(whole * MS + part);
    return *ret_ms > 0;
}

int kps_option_word(struct kps_option_setting *s, struct kps_sv text)
{
    struct kps_buf *words = kps_buf_new(s->arena);
    struct kps_sv rest = kps_sv_of(s->info->wants);
    for (int n = 0; rest.n; n++) {
        struct kps_sv word = kps_sv_before(rest, ' ');
        rest = kps_sv_from(rest, word.n + 1);
        if (kps_sv_eq(word, text)) {
            return n;
        }
        kps_buf_fmt(words, "%s%.*s", n ? ", " : "", SV_ARG(word));
    }
    (void)kps_option_refuse(s, text, KPS_CONCAT(s->arena, SV("is none of "), kps_buf_sv(words)).p);
    return -1;
}

static const struct kps_option_info *find_option(const struct kps_options *options,
                                                 struct kps_sv name)
{
    const struct kps_option_info *info = state_of(options)->table;
    while (info->name && !kps_sv_is(name, info->name)) {
        info++;
    }
    KPS_ASSERT(info->name);
    return info;
}

bool kps_option_is_given(const struct kps_options *options, const char *name)
{
    const struct kps_option_info *info = find_option(options, kps_sv_of(name));
    return state_of(options)->given[info - state_of(options)->table];
}

void kps_option_mark_given(struct kps_options *options, const struct kps_option_info *info)
{
    struct kps_option_state *state = (struct kps_option_state *)options;
    if (info->kind == KPS_OPTION_ALIAS) {
        info = find_option(options, kps_sv_before(kps_sv_of(info->alias), '='));
    }
    state->given[info - state->table] = true;
}

static bool set_text(struct kps_option_setting *s, const struct kps_option_info *info,
                     struct kps_sv text)
{
    *(struct kps_sv *)((char *)s->options + info->target) = text;
    return text.n > 0 || !info->wants ||
           kps_option_refuse_line(s->arena, &s->error, "%s wants %s", s->name, info->wants);
}

/* Set another option: "format=json". */
static bool set_alias(struct kps_option_setting *s, struct kps_sv alias)
{
    struct kps_sv name = kps_sv_before(alias, '=');
    s->name = KPS_CONCAT(s->arena, SV("--"), name).p;
    return kps_option_set(s, find_option(s->options, name), kps_sv_after(alias, '='));
}

bool kps_option_set(struct kps_option_setting *s, const struct kps_option_info *info,
                    struct kps_sv text)
{
    void *target = (char *)s->options + info->target;
    s->info = info;
    switch (info->kind) {
    case KPS_OPTION_SWITCH:
        *(bool *)target = true;
        return true;
    case KPS_OPTION_COUNT:
        (*(unsigned *)target)++;
        return true;
    case KPS_OPTION_CONSTANT:
        *(unsigned *)target = info->constant;
        return true;
    case KPS_OPTION_TEXT:
        return set_text(s, info, text);
    case KPS_OPTION_LIST:
        kps_option_append(s->arena, s->options, target, text);
        return true;
    case KPS_OPTION_HANDLED:
        return info->set(s, text);
    case KPS_OPTION_ALIAS:
        return set_alias(s, kps_sv_of(info->alias));
    }
    return true;
}
