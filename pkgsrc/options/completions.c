#include "options/completions.h"

#include <string.h>

#include "diag/rules.h"
#include "options/option_help.h"
#include "report/report.h"
#include "rules/text.h"

/* Print the words of KPS_OFFER_WORDS and KPS_OFFER_FORMATS, each after a blank. */
static void put_words(FILE *out, const struct kps_option_info *info)
{
    if (info->offer == KPS_OFFER_WORDS) {
        (void)fprintf(out, " %s", info->wants);
        return;
    }
    for (const struct kps_format *format = kps_formats; format->name; format++) {
        (void)fprintf(out, " %s", format->name);
    }
}

static bool has_words(const struct kps_option_info *info)
{
    return info->offer == KPS_OFFER_WORDS || info->offer == KPS_OFFER_FORMATS;
}

/* Return: the words about the option; empty: it is not shown. */
static struct kps_sv help_of(const struct kps_completions *from, const struct kps_option_info *info)
{
    struct kps_sv rest = from->help;
    struct kps_option_help help;
    while (kps_option_help_next(from->arena, &rest, &help)) {
        if (kps_sv_is(help.name, info->name)) {
            return help.words;
        }
    }
    return SV("");
}

static const char *title_of(const struct kps_completions *from, const struct kps_rule_info *info)
{
    struct kps_rule_text text = {0};
    (void)kps_rule_text(from->arena, info->rule, &text);
    return kps_cstr(from->arena, text.title);
}

static bool is_shown(const struct kps_completions *from, const struct kps_option_info *info)
{
    return help_of(from, info).n > 0;
}

/* Return: whether the value may be a separate word; the value of --watch[=SECONDS] never is. */
static bool has_value(const struct kps_option_info *info)
{
    return info->argument && info->argument[0] != '[';
}

/* --- bash --- */

static const char BASH_HEAD[] =
    "# bash completion for kportscan; made by tests/cmdline/make_completions.sh\n"
    "_kportscan()\n"
    "{\n"
    "    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "    # bash takes '=' for a word of its own\n"
    "    if [[ $current == = ]]; then\n"
    "        current=\n"
    "    elif [[ $before == = ]]; then\n"
    "        before=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "    fi\n"
    "    local words= prefix= options=\"";

static const char BASH_FOOT[] =
    "    *)\n"
    "        [[ $current == -* ]] || return # files\n"
    "        words=$options\n"
    "        ;;\n"
    "    esac\n"
    "    mapfile -t COMPREPLY < <(compgen -P \"$prefix\" -W \"$words\" -- \"$current\")\n"
    "}\n"
    "complete -o bashdefault -o default -F _kportscan kportscan\n";

static void put_bash_value(FILE *out, const struct kps_option_info *info)
{
    switch (info->offer) {
    case KPS_OFFER_FILES:
        (void)fputs("        return ;;\n", out);
        return;
    case KPS_OFFER_FOLDERS:
        (void)fputs("        compopt -o dirnames +o default && return ;;\n", out);
        return;
    case KPS_OFFER_NOTHING:
        (void)fputs("        compopt +o bashdefault +o default && return ;;\n", out);
        return;
    case KPS_OFFER_WORDS:
    case KPS_OFFER_FORMATS:
        (void)fputs("        words=\"", out);
        put_words(out, info);
        (void)fputs("\" ;;\n", out);
        return;
    case KPS_OFFER_CONTEXTS:
        (void)fputs("        words=$(docker context ls -q 2>/dev/null) ;;\n", out);
        return;
    case KPS_OFFER_RULES:
        (void)fputs("        if [[ $current == *,* ]]; then\n"
                    "            prefix=${current%,*}, current=${current##*,}\n"
                    "        fi\n",
                    out);
        break;
    case KPS_OFFER_RULE:
        break;
    }
    (void)fputs("        words=$rules ;;\n", out);
}

static void put_bash(const struct kps_completions *from, FILE *out)
{
    (void)fputs(BASH_HEAD, out);
    for (const struct kps_option_info *info = from->table; info->name; info++) {
        if (is_shown(from, info)) {
            (void)(info->letter ? fprintf(out, " -%c --%s", info->letter, info->name)
                                : fprintf(out, " --%s", info->name));
        }
    }
    (void)fputs("\"\n    local rules=\"", out);
    for (const struct kps_rule_info *info = kps_rules; info->rule != KPS_RULE_NONE; info++) {
        (void)fprintf(out, " %s %s", info->id, info->name);
    }
    (void)fputs("\"\n    COMPREPLY=()\n    case $before in\n", out);
    for (const struct kps_option_info *info = from->table; info->name; info++) {
        if (is_shown(from, info) && has_value(info)) {
            (void)fputs("    ", out);
            (void)(info->letter ? fprintf(out, "-%c | --%s)\n", info->letter, info->name)
                                : fprintf(out, "--%s)\n", info->name));
            put_bash_value(out, info);
        }
    }
    (void)fputs(BASH_FOOT, out);
}

/* --- zsh --- */

static const char ZSH_HEAD[] =
    "#compdef kportscan\n"
    "# zsh completion for kportscan; made by tests/cmdline/make_completions.sh\n";

static const char ZSH_FOOT[] = "        '*:INPUT or PORT:_files'\n"
                               "}\n"
                               "\n"
                               "if [ \"$funcstack[1]\" = _kportscan ]; then\n"
                               "    _kportscan \"$@\"\n"
                               "else\n"
                               "    compdef _kportscan kportscan\n"
                               "fi\n";

/* Text inside '…' in a specification of _arguments, where ':' and brackets mean something. */
static void put_zsh_text(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\'') {
            (void)fputs("'\\''", out);
        } else {
            (void)fprintf(out, strchr(":[]\\", *text) ? "\\%c" : "%c", *text);
        }
    }
}

static void put_zsh_value(FILE *out, const struct kps_option_info *info)
{
    static const char *const actions[] = {
        [KPS_OFFER_NOTHING] = " ",
        [KPS_OFFER_FILES] = "_files",
        [KPS_OFFER_FOLDERS] = "_files -/",
        [KPS_OFFER_RULE] = "_kportscan_rule",
        [KPS_OFFER_RULES] = "_kportscan_rules",
        [KPS_OFFER_CONTEXTS] = "_kportscan_context",
    };
    (void)fputc(':', out);
    put_zsh_text(out, info->argument);
    (void)fputc(':', out);
    if (has_words(info)) {
        (void)fputc('(', out);
        put_words(out, info);
        (void)fputc(')', out);
    } else {
        (void)fputs(actions[info->offer], out);
    }
}

/* A star: may be given more than once. After '+' and '=' the value may be in the same word or in
 * the next. */
static void put_zsh_option(FILE *out, const struct kps_completions *from,
                           const struct kps_option_info *info)
{
    const char *star = info->argument || info->kind == KPS_OPTION_COUNT ? "*" : "";
    bool has = has_value(info);
    const char *equals = has ? "=" : "";
    if (!has && info->argument) {
        equals = "=-";
    }
    if (info->letter) {
        (void)fprintf(out, "        '%s'{-%c%s,--%s%s}'[", star, info->letter, has ? "+" : "",
                      info->name, equals);
    } else {
        (void)fprintf(out, "        '%s--%s%s[", star, info->name, equals);
    }
    put_zsh_text(out, help_of(from, info).p);
    (void)fputc(']', out);
    if (has) {
        put_zsh_value(out, info);
    } else if (info->argument) {
        (void)fputs("::SECONDS: ", out); /* --watch */
    }
    (void)fputs("' \\\n", out);
}

static void put_zsh(const struct kps_completions *from, FILE *out)
{
    (void)fputs(ZSH_HEAD, out);
    (void)fputs("_kportscan_rule() {\n    local -a rules=(\n", out);
    for (const struct kps_rule_info *info = kps_rules; info->rule != KPS_RULE_NONE; info++) {
        (void)fprintf(out, "        '%s:%s' '%s:", info->id, info->name, info->name);
        put_zsh_text(out, title_of(from, info));
        (void)fputs("'\n", out);
    }
    (void)fputs("    )\n    _describe -t rules rule rules \"$@\"\n}\n", out);
    (void)fputs("_kportscan_rules() {\n    compset -P '*,'\n    _kportscan_rule -S , -q\n}\n", out);
    (void)fputs("_kportscan_context() {\n    compadd \"$@\" -- ${(f)\"$(docker context ls -q "
                "2>/dev/null)\"}\n}\n",
                out);
    (void)fputs("_kportscan() {\n    _arguments -s -S \\\n", out);
    for (const struct kps_option_info *info = from->table; info->name; info++) {
        if (is_shown(from, info)) {
            put_zsh_option(out, from, info);
        }
    }
    (void)fputs(ZSH_FOOT, out);
}

/* --- fish --- */

/* Text inside '…', where fish knows \' and \\. */
static void put_fish_text(FILE *out, const char *text)
{
    for (; *text; text++) {
        (void)fprintf(out, strchr("'\\", *text) ? "\\%c" : "%c", *text);
    }
}

static void put_fish_value(FILE *out, const struct kps_option_info *info)
{
    static const char *const offers[] = {
        [KPS_OFFER_NOTHING] = " -x",
        [KPS_OFFER_FILES] = " -r -F",
        [KPS_OFFER_FOLDERS] = " -x -a '(__fish_complete_directories)'",
        [KPS_OFFER_RULE] = " -x -a '(__kportscan_rules)'",
        [KPS_OFFER_RULES] = " -x -a '(__fish_complete_list , __kportscan_rules)'",
        [KPS_OFFER_CONTEXTS] = " -x -a '(docker context ls -q 2>/dev/null)'",
    };
    if (has_words(info)) {
        (void)fputs(" -x -a '", out);
        put_words(out, info);
        (void)fputc('\'', out);
    } else {
        (void)fputs(offers[info->offer], out);
    }
}

static void put_fish(const struct kps_completions *from, FILE *out)
{
    (void)fputs("# fish completion for kportscan; made by tests/cmdline/make_completions.sh\n"
                "function __kportscan_rules\n    printf '%s\\t%s\\n' ",
                out);
    for (const struct kps_rule_info *info = kps_rules; info->rule != KPS_RULE_NONE; info++) {
        (void)fprintf(out, "\\\n        %s '%s' %s '", info->id, info->name, info->name);
        put_fish_text(out, title_of(from, info));
        (void)fputs("' ", out);
    }
    (void)fputs("\nend\n", out);
    for (const struct kps_option_info *info = from->table; info->name; info++) {
        if (!is_shown(from, info)) {
            continue;
        }
        (void)fprintf(out, "complete -c kportscan -l %s", info->name);
        if (info->letter) {
            (void)fprintf(out, " -s %c", info->letter);
        }
        if (has_value(info)) {
            put_fish_value(out, info);
        }
        (void)fputs(" -d '", out);
        put_fish_text(out, help_of(from, info).p);
        (void)fputs("'\n", out);
    }
}

bool kps_completions_print(const struct kps_completions *from, struct kps_sv shell, FILE *out)
{
    static const struct {
        struct kps_sv shell;
        void (*put)(const struct kps_completions *from, FILE *out);
    } all[] = {{SV_LIT("bash"), put_bash}, {SV_LIT("zsh"), put_zsh}, {SV_LIT("fish"), put_fish}};
    for (size_t i = 0; i < KPS_COUNT(all); i++) {
        if (kps_sv_eq(shell, all[i].shell)) {
            all[i].put(from, out);
            return true;
        }
    }
    return false;
}
