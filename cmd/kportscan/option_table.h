#ifndef OPTION_TABLE_H
#define OPTION_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "options.h"

/*
 * One row for each option. The parser (command_line.h), --help, the shell completions, the
 * environment variables and the keys of the configuration file (settings.h) all read this table, so
 * a new option is one row, one handler where no plain kind fits, and an entry in the manual.
 */
enum kps_option_group {
    KPS_GROUP_PROJECT,
    KPS_GROUP_CLUSTER,
    KPS_GROUP_MACHINE,
    KPS_GROUP_INPUT,
    KPS_GROUP_REPORT,
    KPS_GROUP_VERDICT,
    KPS_GROUP_OTHER,
    KPS_GROUP_HIDDEN, /* not in --help and completions */
    KPS_GROUPS,
};

/* Type of the value, and of the member of struct kps_options at `target`. */
enum kps_option_kind {
    KPS_OPTION_SWITCH,  /* bool: becomes true */
    KPS_OPTION_COUNT,   /* unsigned: counts the uses */
    KPS_OPTION_MODE,    /* enum kps_mode: becomes `mode` */
    KPS_OPTION_TEXT,    /* struct kps_sv; empty is an error where `wants` is set */
    KPS_OPTION_LIST,    /* struct kps_list: collects the values */
    KPS_OPTION_SECONDS, /* uint32_t: milliseconds */
    KPS_OPTION_HANDLED, /* `set` reads the value */
    KPS_OPTION_ALIAS,   /* another option with a fixed value: `alias`, `alias_value` */
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
    KPS_OFFER_WORDS, /* `words` */
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
    bool has_text;       /* false: an optional value was left out; `text` is empty then */
    struct kps_sv error; /* a line for the user, when the value was refused */
};

struct kps_option_info {
    const char *name; /* long, without dashes */
    char letter;      /* '\0': none */
    /* The value's name in --help. NULL: the option takes no value; "[=X]": the value may be left
     * out. */
    const char *argument;
    enum kps_option_group group;
    const char *help; /* NULL in KPS_GROUP_HIDDEN */

    enum kps_option_kind kind : 8;
    enum kps_mode mode : 8; /* KPS_OPTION_MODE */
    enum kps_option_offer offer : 8;
    uint16_t target; /* offsetof the member */
    union {
        const char *wants; /* KPS_OPTION_TEXT */
        bool (*set)(struct kps_option_setting *setting,
                    struct kps_sv text); /* KPS_OPTION_HANDLED */
        struct {
            const char *alias, *alias_value; /* KPS_OPTION_ALIAS */
        };
    };

    const char *environment; /* the option's variable; NULL: none */
    const char *setting;     /* key of .kportscan.yaml (pkgsrc/config/config.h); NULL: none */
    /* Other programs' variables, separated by blanks: a set variable outranks the configuration. */
    const char *outranked_by;
    const char *words; /* KPS_OFFER_WORDS, separated by blanks */
};

/* Ends with name == NULL. */
extern const struct kps_option_info kps_option_table[];

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

/* Return: the use of formats in the mode of the options, a KPS_FORMAT_* bit; 0: formats do not
 * count. */
unsigned kps_option_format_use(const struct kps_options *options);

/* Read "5" or "0.25", more than zero and up to an hour. Return: false for anything else. */
KPS_MUST_USE bool kps_option_seconds(struct kps_sv text, uint32_t *ret_ms);

#endif
