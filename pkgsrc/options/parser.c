#include "options/parser.h"

#include <getopt.h>
#include <string.h>

#include "base/nearest.h"

/* getopt's code of a row: its letter, or this and the row's number. */
enum { FIRST_CODE = 256 };

struct parsing {
    struct kps_arena *arena;
    struct kps_options *options;
    const struct kps_option_info *table;
    struct kps_sv error;
};

static bool set_option(struct parsing *p, const struct kps_option_info *info, const char *text)
{
    struct kps_option_setting setting = {
        .arena = p->arena,
        .options = p->options,
        .name = KPS_CONCAT(p->arena, SV("--"), kps_sv_of(info->name)).p,
        .source = KPS_SOURCE_COMMAND_LINE,
        .has_text = text != NULL};
    bool is_set = kps_option_set(&setting, info, text ? kps_sv_of(text) : (struct kps_sv){"", 0});
    kps_option_mark_given(p->options, info);
    p->error = setting.error;
    return is_set;
}

/* Report an argument unknown to getopt. */
static bool fail_unknown(struct parsing *p, const char *argument, int letter)
{
    if (letter && letter < FIRST_CODE && !kps_sv_has_head(kps_sv_of(argument), "--")) {
        return kps_option_refuse_line(p->arena, &p->error, "there is no option '-%c'", letter);
    }
    struct kps_sv word = kps_sv_from(kps_sv_of(argument), 2);
    word = kps_sv_before(word, '=');
    if (letter) {
        return kps_option_refuse_line(p->arena, &p->error, "option '--%.*s' takes no value",
                                      SV_ARG(word));
    }
    struct kps_nearest nearest = {.word = word};
    size_t beginning_like = 0;
    for (const struct kps_option_info *info = p->table; info->name; info++) {
        kps_nearest_offer(&nearest, kps_sv_of(info->name));
        beginning_like += kps_sv_starts(kps_sv_of(info->name), word);
    }
    if (beginning_like > 1) {
        return kps_option_refuse_line(p->arena, &p->error,
                                      "'--%.*s' is short for more than one option", SV_ARG(word));
    }
    return kps_option_refuse_line(p->arena, &p->error, "there is no option '--%.*s'%s",
                                  SV_ARG(word), kps_nearest_words(p->arena, nearest.best, "--").p);
}

static int argument_of(const struct kps_option_info *info)
{
    if (!info->argument) {
        return no_argument;
    }
    return info->argument[0] == '[' ? optional_argument : required_argument;
}

static int code_of(const struct kps_option_info *table, const struct kps_option_info *info)
{
    return info->letter ? info->letter : FIRST_CODE + (int)(info - table);
}

static const struct kps_option_info *info_of(const struct kps_option_info *table, int code)
{
    const struct kps_option_info *info = table;
    while (code_of(table, info) != code) {
        info++;
    }
    return info;
}

/* Write getopt's form of the table: ":f:p:…" and the long options. */
static void describe_options(const struct kps_option_info *table, char *letters,
                             struct option *longs)
{
    size_t n = 0;
    size_t n_longs = 0;
    letters[n++] = ':';
    for (const struct kps_option_info *info = table; info->name; info++) {
        if (info->letter) {
            letters[n++] = info->letter;
            letters[n] = ':';
            n += info->argument ? 1 : 0;
        }
        longs[n_longs++] =
            (struct option){info->name, argument_of(info), NULL, code_of(table, info)};
    }
    letters[n] = '\0';
    longs[n_longs] = (struct option){NULL, 0, NULL, 0};
}

static bool parse_options(struct parsing *p, int argc, char **argv)
{
    char letters[2 * KPS_OPTION_MOST + 2];
    struct option longs[KPS_OPTION_MOST];
    describe_options(p->table, letters, longs);
    opterr = 0;
    optind = 0; /* glibc and musl: start afresh */
    for (;;) {
        int which = -1;
        int before = optind ? optind : 1;
        int code = getopt_long(argc, argv, letters, longs, &which);
        if (code == -1) {
            return true;
        }
        const char *word = optind > before && optind >= 1 ? argv[optind - 1] : argv[before];
        if (code == '?') {
            return fail_unknown(p, word, optopt);
        }
        if (code == ':' && optopt < FIRST_CODE && !kps_sv_has_head(kps_sv_of(word), "--")) {
            return kps_option_refuse_line(p->arena, &p->error, "option '-%c' wants %s", optopt,
                                          info_of(p->table, optopt)->argument);
        }
        if (code == ':') {
            return kps_option_refuse_line(p->arena, &p->error, "option '%s' wants %s", word,
                                          info_of(p->table, optopt)->argument);
        }
        if (!set_option(p, info_of(p->table, code), optarg)) {
            return false;
        }
    }
}

bool kps_parser_run(struct kps_arena *arena, struct kps_options *options, int argc, char **argv,
                    int *ret_first, struct kps_sv *ret_error)
{
    struct parsing p = {.arena = arena,
                        .options = options,
                        .table = ((const struct kps_option_state *)options)->table};
    bool is_parsed = parse_options(&p, argc, argv);
    *ret_first = optind;
    *ret_error = is_parsed ? *ret_error : p.error;
    return is_parsed;
}
