#ifndef KPS_RULES_TEXT_H
#define KPS_RULES_TEXT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/sv.h"
#include "diag/rules.h"

/*
 * The texts of a rule: its title in diag/rules.def, and the file KPxxx.md beside this header, a
 * single source for --explain, the lists of rules, docs/rules and the help of report formats. The
 * file is Markdown in a fixed form:
 *
 *     # KP101 compose-host-port-clash
 *
 *     Severity: error | warning | note, or several with slashes: error/warning
 *
 *     One sentence of summary.
 *
 *     ## What, ## Why, ## Example, ## Error, ## Fix, ## Ignore
 *
 * Paragraphs, lists of one level ("- "), `code` and fenced blocks are the only Markdown; the bytes
 * are ASCII. In Example a block "```yaml NAME" is a file, and a block "```console" the commands;
 * the tests run them. In Error a block "```text" is the message of Compose, the Engine or the API
 * server, word for word.
 */
struct kps_rule_text {
    enum kps_rule rule;
    struct kps_sv title;    /* "services of one project that want the same host port" */
    struct kps_sv markdown; /* the whole file */
    struct kps_sv severity; /* "error", "warning", "note", or "error/warning": either */
    struct kps_sv summary;  /* one line */
    struct kps_sv what, why, example, error, fix,
        ignore; /* the sections, in Markdown, without headings */
};

/*
 * The text of a rule, unpacked into the arena (the program holds it in a third of the bytes). A
 * test checks that every rule has a text. Return: false for KPS_RULE_NONE or a number without a
 * rule, with *ret untouched.
 */
bool kps_rule_text(struct kps_arena *arena, enum kps_rule rule, struct kps_rule_text *ret);

#endif
