#ifndef KPS_OPTIONS_OPTION_H
#define KPS_OPTIONS_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "config/config.h"

/*
 * A table of options, one row for each. The parser (parser.h), the shell completions, the
 * environment variables and the keys of the configuration file (source.h) all read the table, so a
 * new option is one row, one handler where no plain kind fits, and an entry in the text of --help
 * (option_help.h) and in the manual. The
 * values go into a struct of the program, struct kps_options, which begins with a struct
 * kps_option_state; this library knows no other member.
 */
struct kps_options;

/* Type of the value, and of the member at `target`. */
enum kps_option_kind {
    KPS_OPTION_SWITCH,   /* bool: becomes true */
    KPS_OPTION_COUNT,    /* unsigned: counts the uses */
    KPS_OPTION_CONSTANT, /* an enum, of the size of unsigned: becomes `constant` */
    KPS_OPTION_TEXT,     /* struct kps_sv; empty is an error where `wants` is set */
    KPS_OPTION_LIST,     /* struct kps_list: collects the values */
    KPS_OPTION_HANDLED,  /* `set` reads the value */
    KPS_OPTION_ALIAS,    /* another option with a fixed value: `alias` */
};

/* Source of a value; a stronger source wins over a weaker one, lists included. */
enum kps_option_source {
    KPS_SOURCE_CONFIG,
    KPS_SOURCE_ENVIRONMENT,
    KPS_SOURCE_COMMAND_LINE,
};

/* Candidates that a completion offers for the value. */
enum kps_option_offer {
    KPS_OFFER_NOTHING, /* a name or number of the user */
    KPS_OFFER_FILES,
    KPS_OFFER_FOLDERS,
    KPS_OFFER_WORDS, /* those of `wants` */
    KPS_OFFER_FORMATS,
    KPS_OFFER_RULE,
    KPS_OFFER_RULES, /* several, separated by commas */
    KPS_OFFER_CONTEXTS,
};

/* A value on the way into the options. */
struct kps_option_setting {
    struct kps_arena *arena;
    struct kps_options *options;
    const char *name; /* the user's word:  "--fail-on", "KPORTSCAN_FAIL_ON", "fail-on" */
    enum kps_option_source source;
    const struct kps_option_info *info; /* the row; kps_option_set fills it in */
    bool has_text;       /* false: an optional value was left out; `text` is empty then */
    struct kps_sv error; /* a line for the user, when the value was refused */
};

struct kps_option_info {
    const char *name; /* long, without dashes */
    /* The value's name in --help. NULL: the option takes no value; "[=X]": the value may be left
     * out. */
    const char *argument;
    enum kps_option_kind kind : 8;
    unsigned constant : 8; /* KPS_OPTION_CONSTANT */
    enum kps_option_offer offer : 8;
    enum kps_config_key setting : 8; /* of .kportscan.yaml; KPS_CONFIG_RULES: none */
    bool has_variable;               /* of the environment: KPORTSCAN_FAIL_ON of --fail-on */
    char letter;                     /* '\0': none */
    uint16_t target;                 /* offsetof the member */
    union {
        bool (*set)(struct kps_option_setting *setting,
                    struct kps_sv text); /* KPS_OPTION_HANDLED */
        const char *alias;               /* KPS_OPTION_ALIAS: "format=json" */
    };
    /* KPS_OFFER_WORDS: the words, separated by blanks. KPS_OPTION_TEXT: the value in words. */
    const char *wants;
    /* Other programs' variables, separated by blanks: a set variable outranks the configuration. */
    const char *outranked_by;
};

enum { KPS_OPTION_MOST = 96 }; /* rows of a table */

/* The begin of struct kps_options. Set all but `given` before parsing. */
struct kps_option_state {
    const struct kps_option_info *table; /* ends with name == NULL */
    size_t size;                         /* of struct kps_options */
    size_t most_values;                  /* of one list */
    bool given[KPS_OPTION_MOST]; /* by row: a stronger source than the configuration set the option
                                  */
};

/* Return: whether the command line or the environment gave the option `name` or an alias. */
bool kps_option_is_given(const struct kps_options *options, const char *name);

/* Mark the option as given: weaker sources then leave the value alone. */
void kps_option_mark_given(struct kps_options *options, const struct kps_option_info *info);

/*
 * Set the option from setting->source. An environment or configuration value replaces the value
 * before. Return: true; false with setting->error.
 */
KPS_MUST_USE bool kps_option_set(struct kps_option_setting *setting,
                                 const struct kps_option_info *info, struct kps_sv text);

/* Refuse a text, for handlers: "--nodes 'x' WHY" becomes setting->error. Return: false. */
bool kps_option_refuse(struct kps_option_setting *setting, struct kps_sv text, const char *why);

/* Refuse a command line: the words, in the arena, become `ret_error`. Return: false. */
bool kps_option_refuse_line(struct kps_arena *arena, struct kps_sv *ret_error, const char *fmt, ...)
    KPS_PRINTF(3, 4);

/*
 * Find the number of the value among the words of the row, for handlers. Return: the number, from
 * 0; -1 for any other value, which is refused.
 */
KPS_MUST_USE int kps_option_word(struct kps_option_setting *setting, struct kps_sv text);

/* Append a text to a list of the options. */
void kps_option_append(struct kps_arena *arena, const struct kps_options *options,
                       struct kps_list *list, struct kps_sv text);

/* Read "5" or "0.25", more than zero and up to an hour. Return: false for anything else. */
KPS_MUST_USE bool kps_option_seconds(struct kps_sv text, uint32_t *ret_ms);

#endif
