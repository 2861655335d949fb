#include "kube/name_pattern.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "base/vec.h"

/*
 * The syntax and the refusals are those of Go's regexp/syntax with the Perl flags. The parser emits
 * the steps of the automaton at once; a repetition by number reads its atom again for each copy.
 */

enum { MOST_REPEAT = 1000 }; /* Go's bound of a repetition's numbers */
enum { LAST_RUNE = 0x10ffff, NO_RUNE = -1, FOR_EVER = -1, NO_STEP = -1 };

/* The flags of Go that change a match: (?i), (?m) and (?s), and the text of \Q. */
enum { FOLDS = 1, HAS_LINES = 2, DOT_HAS_LINES = 4, IS_QUOTED = 16 };

enum kind { RUNE, SPLIT, BEGIN, END, BEGIN_LINE, END_LINE, WORD_EDGE, NO_WORD_EDGE };

/* Characters: those of ASCII by their bits, the others as one range. */
struct set {
    uint64_t low[2];
    int32_t first, last; /* none: first is 0 */
    bool is_negated;
};

/* A step of the automaton; the next one is `to` steps on. SPLIT goes on `other` steps on too. */
struct step {
    uint8_t kind;
    int32_t to, other;
    struct set set;
};

struct kps_name_pattern {
    struct step *steps;
    uint32_t n;
};

struct parser {
    struct kps_sv text;
    size_t at;
    unsigned flags, depth, work;
    KPS_VEC(struct step) steps;
    struct step spare; /* in place of a step beyond the bound */
    enum kps_name_pattern_result result;
    const char *why;
};

static void parse_alternatives(struct parser *p, int32_t limit);

/* Note the first mistake and end the reading. */
static void stop_reading(struct parser *p, enum kps_name_pattern_result result, const char *why)
{
    if (p->result == KPS_NAME_PATTERN_OK) {
        p->result = result;
        p->why = why;
    }
    p->at = p->text.n;
}

static void refuse_pattern(struct parser *p, const char *why)
{
    stop_reading(p, KPS_NAME_PATTERN_BROKEN, why);
}

static bool is_next(const struct parser *p, const char *prefix)
{
    return kps_sv_starts(kps_sv_from(p->text, p->at), kps_sv_of(prefix));
}

static bool take_text(struct parser *p, const char *prefix)
{
    bool found = is_next(p, prefix);
    p->at += found ? strlen(prefix) : 0;
    return found;
}

static int32_t take_rune(struct parser *p)
{
    return p->at < p->text.n ? kps_utf8_next(p->text, &p->at) : NO_RUNE;
}

/* Add a step in front of the steps from `at` on. */
static struct step *add_step(struct parser *p, uint32_t at, enum kind kind)
{
    if (p->steps.n >= KPS_LIMIT_PATTERN_STEPS) {
        stop_reading(p, KPS_NAME_PATTERN_UNKNOWN, "it is too large");
        return &p->spare;
    }
    (void)kps_vec_push(&p->steps);
    struct step *step = &p->steps.v[at];
    memmove(step + 1, step, (p->steps.n - at - 1) * sizeof(*step));
    *step = (struct step){.kind = (uint8_t)kind, .to = 1, .other = 1};
    return step;
}

static void add_set(struct parser *p, const struct set *set)
{
    add_step(p, p->steps.n, RUNE)->set = *set;
}

static void add_range(struct parser *p, struct set *set, int32_t first, int32_t last)
{
    for (int32_t c = first; c <= last && c < 128; c++) {
        set->low[c / 64] |= UINT64_C(1) << (c % 64);
    }
    first = first > 128 ? first : 128;
    if (first > last || (set->first && set->first <= first && set->last >= last)) {
        return;
    }
    if (set->first && (first > set->first || last < set->last)) {
        stop_reading(p, KPS_NAME_PATTERN_UNKNOWN, "its characters are not of ASCII");
    }
    set->first = first;
    set->last = last;
}

static bool is_in_set(const struct set *set, int32_t c)
{
    bool found = c >= set->first && c <= set->last;
    if (c >= 0 && c < 128) {
        found = (set->low[c / 64] >> (c % 64) & 1) != 0;
    }
    return found != set->is_negated;
}

/* Add one character or a range, and under (?i) the same letters of the other case. */
static void add_folded(struct parser *p, struct set *set, int32_t first, int32_t last)
{
    add_range(p, set, first, last);
    if ((p->flags & FOLDS) && last >= 128) {
        stop_reading(p, KPS_NAME_PATTERN_UNKNOWN, "its characters are not of ASCII");
    }
    for (int32_t c = first; (p->flags & FOLDS) && c <= last && c < 128; c++) {
        if (kps_is_alpha((char)c)) {
            add_range(p, set, c ^ 0x20, c ^ 0x20);
        }
    }
}

/* A class of characters of ASCII by its name, as the first and the last one of each range. */
static const struct class
{
    const char *name, *ranges;
} classes[] = {
    {"alnum", "09AZaz"},
    {"alpha", "AZaz"},
    {"ascii", "\x01\x7f"},
    {"blank", "\t\t  "},
    {"cntrl", "\x01\x1f\x7f\x7f"},
    {"digit", "09"},
    {"graph", "!~"},
    {"lower", "az"},
    {"print", " ~"},
    {"punct", "!/:@[`{~"},
    {"space", "\t\r  "},
    {"upper", "AZ"},
    {"word", "09AZ__az"},
    {"xdigit", "09AFaf"},
};
static const struct class perl_classes[] = {{"d", "09"}, {"s", "\t\n\f\r  "}, {"w", "09AZ__az"}};

static void add_class(struct parser *p, struct set *set, const struct class *class, bool is_negated)
{
    struct set whole = {.low = {0}};
    for (const char *range = class->ranges; *range; range += 2) {
        add_folded(p, &whole, range[0], range[1]);
    }
    for (int32_t c = 0; c < 128; c++) {
        if (is_in_set(&whole, c) != is_negated) {
            add_range(p, set, c, c);
        }
    }
    if (is_negated) {
        add_range(p, set, 128, LAST_RUNE);
    }
}

static bool is_word(char c)
{
    return kps_is_alpha(c) || kps_is_digit(c) || c == '_';
}

/* Read \d, \S and the like, or a Unicode class, which is not judged. */
static bool take_class_escape(struct parser *p, struct set *set)
{
    char letter = is_next(p, "\\") && p->at + 1 < p->text.n ? p->text.p[p->at + 1] : '\0';
    for (size_t i = 0; i < KPS_COUNT(perl_classes); i++) {
        if (kps_lower(letter) == perl_classes[i].name[0]) {
            p->at += 2;
            add_class(p, set, &perl_classes[i], letter != kps_lower(letter));
            return true;
        }
    }
    if (kps_lower(letter) == 'p') {
        stop_reading(p, KPS_NAME_PATTERN_UNKNOWN, "it has a class of Unicode");
        return true;
    }
    return false;
}

static int32_t read_number(struct parser *p, unsigned base, unsigned most_digits)
{
    int32_t value = 0;
    unsigned n = 0;
    while (p->at < p->text.n && n < most_digits && value <= LAST_RUNE) {
        unsigned digit = kps_sv_digit_value(p->text.p[p->at]);
        if (digit >= base) {
            break;
        }
        value = value * (int32_t)base + (int32_t)digit;
        p->at++;
        n++;
    }
    return n && value <= LAST_RUNE ? value : NO_RUNE;
}

/* Read one character behind a backslash. */
static int32_t take_escape(struct parser *p)
{
    static const char letters[] = "abfnrtv";
    static const char meant[] = "\a\b\f\n\r\t\v";
    int32_t c = take_rune(p);
    const char *letter = c > 0 && c < 128 && c != 'b' ? strchr(letters, (int)c) : NULL;
    if (c == NO_RUNE) {
        refuse_pattern(p, "a backslash is at its end");
    } else if (letter) {
        c = (unsigned char)meant[letter - letters];
    } else if (c == '0' || (c >= '1' && c <= '7' && p->at < p->text.n && p->text.p[p->at] >= '0' &&
                            p->text.p[p->at] <= '7')) {
        p->at--;
        c = read_number(p, 8, 3);
    } else if (c == 'x') {
        bool is_long = take_text(p, "{");
        size_t start = p->at;
        c = read_number(p, 16, is_long ? 8 : 2);
        if (c == NO_RUNE || (is_long ? !take_text(p, "}") : p->at - start != 2)) {
            refuse_pattern(p, "an escape is invalid");
        }
    } else if (c >= 128 || kps_is_alpha((char)c) || kps_is_digit((char)c)) {
        refuse_pattern(p, "an escape is invalid");
    }
    return c;
}

static int32_t take_class_rune(struct parser *p)
{
    if (p->at == p->text.n) {
        refuse_pattern(p, "a ']' is missing");
        return NO_RUNE;
    }
    return take_text(p, "\\") ? take_escape(p) : take_rune(p);
}

/* Read [:alpha:] or [:^alpha:] inside of a class. */
static bool take_named_class(struct parser *p, struct set *set)
{
    struct kps_sv rest = kps_sv_from(p->text, p->at + 2);
    size_t end = kps_sv_search(rest, SV(":]"));
    if (!is_next(p, "[:") || end == rest.n) {
        return false;
    }
    bool is_negated = kps_sv_has_head(rest, "^");
    struct kps_sv name = kps_sv_slice(rest, is_negated ? 1 : 0, end);
    p->at += end + 4;
    for (size_t i = 0; i < KPS_COUNT(classes); i++) {
        if (kps_sv_is(name, classes[i].name)) {
            add_class(p, set, &classes[i], is_negated);
            return true;
        }
    }
    refuse_pattern(p, "a class of characters has no such name");
    return true;
}

static void parse_class(struct parser *p)
{
    struct set set = {.low = {0}};
    set.is_negated = take_text(p, "^");
    for (bool is_first = true; is_first || !take_text(p, "]"); is_first = false) {
        if (take_named_class(p, &set) || take_class_escape(p, &set)) {
            continue;
        }
        int32_t first = take_class_rune(p);
        int32_t last = first;
        if (is_next(p, "-") && !is_next(p, "-]") && p->at + 1 < p->text.n) {
            p->at++;
            last = take_class_rune(p);
        }
        if (p->result != KPS_NAME_PATTERN_OK) {
            return;
        }
        if (last < first) {
            refuse_pattern(p, "a range of characters ends before its start");
        }
        add_folded(p, &set, first, last);
    }
    add_set(p, &set);
}

static void add_literal(struct parser *p, int32_t c)
{
    struct set set = {.low = {0}};
    add_folded(p, &set, c, c);
    add_set(p, &set);
}

/* Read the flags of "(?i)" or "(?i:". Return true for a group. */
static bool parse_flags(struct parser *p, unsigned *ret)
{
    unsigned flags = p->flags;
    bool removes = false;
    bool has_flag = false;
    while (p->at < p->text.n) {
        static const char letters[] = "imsU";
        char c = p->text.p[p->at++];
        const char *letter = strchr(letters, c);
        unsigned bit = letter && c ? 1U << (letter - letters) : 0;
        if ((c == ':' || c == ')') && (!removes || has_flag)) {
            *ret = flags;
            return c == ':';
        }
        if (!bit && (c != '-' || removes)) {
            break;
        }
        removes |= c == '-';
        has_flag = bit != 0;
        flags = removes ? flags & ~bit : flags | bit;
    }
    refuse_pattern(p, "what follows '(?' is invalid");
    return false;
}

static void parse_name(struct parser *p)
{
    size_t start = p->at;
    while (p->at < p->text.n && is_word(p->text.p[p->at])) {
        p->at++;
    }
    if (p->at == start || !take_text(p, ">")) {
        refuse_pattern(p, "the name of a group is invalid");
    }
}

/* Read a group behind its bracket. Return false for flags alone, which are no atom. */
static bool parse_group(struct parser *p, int32_t limit)
{
    unsigned outer = p->flags;
    if (take_text(p, "?P<") || take_text(p, "?<")) {
        parse_name(p);
    } else if (take_text(p, "?")) {
        unsigned flags = 0;
        bool is_group = parse_flags(p, &flags);
        p->flags = flags;
        if (!is_group) {
            return false;
        }
    }
    if (++p->depth > KPS_LIMIT_PATTERN_DEPTH) {
        stop_reading(p, KPS_NAME_PATTERN_UNKNOWN, "it is nested too deep");
    }
    parse_alternatives(p, limit);
    p->depth--;
    p->flags = outer;
    if (!take_text(p, ")")) {
        refuse_pattern(p, "a ')' is missing");
    }
    return true;
}

static void parse_escape(struct parser *p)
{
    static const struct {
        const char *text;
        enum kind kind;
    } edges[] = {{"A", BEGIN}, {"z", END}, {"b", WORD_EDGE}, {"B", NO_WORD_EDGE}};
    for (size_t i = 0; i < KPS_COUNT(edges); i++) {
        if (take_text(p, edges[i].text)) {
            (void)add_step(p, p->steps.n, edges[i].kind);
            return;
        }
    }
    int32_t c = take_escape(p);
    if (p->result == KPS_NAME_PATTERN_OK) {
        add_literal(p, c);
    }
}

/* Read one atom. Return false for flags alone. */
static bool parse_atom(struct parser *p, int32_t limit)
{
    struct set set = {.low = {0}};
    if (++p->work > KPS_LIMIT_PATTERN_ATOMS) {
        stop_reading(p, KPS_NAME_PATTERN_UNKNOWN, "it is too large");
        return false;
    }
    if (take_text(p, p->flags & IS_QUOTED ? "\\E" : "\\Q")) {
        p->flags ^= IS_QUOTED;
        return false;
    }
    if (p->flags & IS_QUOTED) {
        add_literal(p, take_rune(p));
        return true;
    }
    if (take_text(p, "(")) {
        return parse_group(p, limit);
    }
    if (take_text(p, "[")) {
        parse_class(p);
    } else if (take_text(p, ".")) {
        set.is_negated = true;
        if (!(p->flags & DOT_HAS_LINES)) {
            add_range(p, &set, '\n', '\n');
        }
        add_set(p, &set);
    } else if (take_text(p, "^")) {
        (void)add_step(p, p->steps.n, p->flags & HAS_LINES ? BEGIN_LINE : BEGIN);
    } else if (take_text(p, "$")) {
        (void)add_step(p, p->steps.n, p->flags & HAS_LINES ? END_LINE : END);
    } else if (take_class_escape(p, &set)) {
        add_set(p, &set);
    } else if (take_text(p, "\\")) {
        parse_escape(p);
    } else if (p->at < p->text.n) {
        add_literal(p, take_rune(p));
    }
    return true;
}

/* Read a number of a repetition; -1: none, as "{01}" has. */
static int32_t read_count(struct parser *p)
{
    size_t start = p->at;
    int32_t value = 0;
    while (p->at < p->text.n && kps_is_digit(p->text.p[p->at])) {
        value = value > MOST_REPEAT ? value : value * 10 + (p->text.p[p->at] - '0');
        p->at++;
    }
    bool has_zero = p->at > start + 1 && p->text.p[start] == '0';
    return p->at == start || has_zero ? NO_RUNE : value;
}

/* Read "{2}", "{2,}" or "{2,3}". Return false for characters that mean themselves. */
static bool take_counts(struct parser *p, int32_t *ret_least, int32_t *ret_most)
{
    size_t start = p->at;
    p->at++;
    *ret_least = read_count(p);
    *ret_most = *ret_least;
    bool is_open = take_text(p, ",") && is_next(p, "}");
    if (is_open) {
        *ret_most = FOR_EVER;
    } else if (!is_next(p, "}")) {
        *ret_most = read_count(p);
    }
    bool is_repeat = *ret_least >= 0 && (is_open || *ret_most >= 0) && take_text(p, "}");
    p->at = is_repeat ? p->at : start;
    return is_repeat;
}

/* Read how often the atom before may come. */
static bool take_repeat(struct parser *p, int32_t *ret_least, int32_t *ret_most)
{
    if (p->flags & IS_QUOTED) {
        return false;
    }
    if (is_next(p, "{")) {
        return take_counts(p, ret_least, ret_most);
    }
    *ret_least = is_next(p, "+") ? 1 : 0;
    *ret_most = is_next(p, "?") ? 1 : FOR_EVER;
    return take_text(p, "*") || take_text(p, "+") || take_text(p, "?");
}

/* Make the steps since `start` optional, and with `again` as frequent as they can be. */
static void add_choice(struct parser *p, uint32_t start, bool is_optional, bool again)
{
    int32_t length = (int32_t)(p->steps.n - start);
    if (again) {
        add_step(p, p->steps.n, SPLIT)->other = -length;
    }
    if (is_optional) {
        add_step(p, start, SPLIT)->other = length + (again ? 2 : 1);
    }
}

/* An atom of a sequence: its text, its steps and the flags before it. */
struct atom {
    size_t first, end;
    uint32_t steps;
    unsigned flags;
};

/* Let the last atom come `least` to `most` times. */
static void repeat_atom(struct parser *p, const struct atom *atom, int32_t least, int32_t most,
                        int32_t limit)
{
    struct kps_sv text = p->text;
    size_t after = p->at;
    unsigned flags = p->flags;
    int32_t copies = most == FOR_EVER ? least : most;
    uint32_t start = atom->steps;
    add_choice(p, start, least == 0, most == FOR_EVER && copies < 2);
    if (most == 0) {
        p->steps.n = start;
    }
    for (int32_t i = 1; i < copies && p->result == KPS_NAME_PATTERN_OK; i++) {
        start = p->steps.n;
        p->at = atom->first;
        p->flags = atom->flags;
        p->text = kps_sv_head(text, atom->end);
        parse_alternatives(p, limit / copies);
        p->text = text;
        add_choice(p, start, i >= least, most == FOR_EVER && i + 1 == copies);
    }
    p->flags = flags;
    p->at = p->result == KPS_NAME_PATTERN_OK ? after : text.n;
}

static void parse_sequence(struct parser *p, int32_t limit)
{
    struct atom atom = {0};
    bool has_atom = false;
    bool was_repeat = false;
    while (p->at < p->text.n && ((p->flags & IS_QUOTED) || !(is_next(p, "|") || is_next(p, ")")))) {
        int32_t least = 0;
        int32_t most = 0;
        struct atom next = {.first = p->at, .steps = p->steps.n, .flags = p->flags};
        if (!take_repeat(p, &least, &most)) {
            was_repeat = false;
            if (parse_atom(p, limit)) {
                has_atom = true;
                atom = next;
                atom.end = p->at;
            }
            continue;
        }
        (void)take_text(p, "?");
        if (!has_atom || was_repeat) {
            refuse_pattern(p, "a repetition has nothing to repeat");
        } else if (least > limit || most > limit || (most != FOR_EVER && most < least)) {
            refuse_pattern(p, "the numbers of a repetition are invalid");
        } else {
            repeat_atom(p, &atom, least, most, limit);
            atom.end = p->at;
            was_repeat = true;
        }
    }
}

/* Read alternatives; repetitions in them may come `limit` times in all. */
static void parse_alternatives(struct parser *p, int32_t limit)
{
    int32_t last = NO_STEP; /* the steps behind the alternatives so far are linked by `to` */
    while (p->result == KPS_NAME_PATTERN_OK) {
        uint32_t start = p->steps.n;
        parse_sequence(p, limit);
        if (!take_text(p, "|")) {
            break;
        }
        int32_t length = (int32_t)(p->steps.n - start);
        add_step(p, start, SPLIT)->other = length + 2;
        add_step(p, p->steps.n, SPLIT)->to = last;
        last = (int32_t)p->steps.n - 1;
    }
    while (p->result == KPS_NAME_PATTERN_OK && last != NO_STEP) {
        struct step *step = &p->steps.v[last];
        int32_t end = (int32_t)p->steps.n - last;
        last = step->to;
        step->to = end;
        step->other = end;
    }
}

enum kps_name_pattern_result kps_name_pattern_compile(struct kps_arena *arena,
                                                      struct kps_sv pattern,
                                                      const struct kps_name_pattern **ret,
                                                      const char **ret_why, uint64_t *ret_work)
{
    struct parser p = {.text = kps_fmt(arena, "^(?:%.*s)$", SV_ARG(pattern))};
    parse_alternatives(&p, MOST_REPEAT);
    if (p.at < p.text.n) {
        refuse_pattern(&p, "a '(' is missing");
    }
    if (p.result == KPS_NAME_PATTERN_OK) {
        struct kps_name_pattern *made = KPS_NEW(arena, struct kps_name_pattern);
        made->n = p.steps.n;
        made->steps = kps_alloc(arena, p.steps.n * sizeof(*made->steps));
        memcpy(made->steps, p.steps.v, p.steps.n * sizeof(*made->steps));
        *ret = made;
    }
    *ret_why = p.why;
    *ret_work = p.work;
    kps_vec_free(&p.steps);
    return p.result;
}

uint64_t kps_name_pattern_cost(const struct kps_name_pattern *pattern, struct kps_sv name)
{
    enum { STEPS_AN_EDGE = 16 };
    return 1 + pattern->n * (name.n + 1) / STEPS_AN_EDGE;
}

/* A place in a name, and the steps of the automaton that are possible there. */
struct run {
    const struct kps_name_pattern *pattern;
    struct kps_sv name;
    size_t at;
    uint32_t *marks; /* of each step: the place, plus 1, at which the step was reached last */
    uint32_t *open;  /* a stack of the steps to be looked at */
    uint32_t n_open;
};

/* Return true where an edge of the pattern holds. */
static bool is_edge(const struct run *run, enum kind kind)
{
    struct kps_sv name = run->name;
    char before = run->at ? name.p[run->at - 1] : '\n';
    char after = run->at < name.n ? name.p[run->at] : '\n';
    bool is_between = is_word(before) != is_word(after);
    if (kind == BEGIN || kind == BEGIN_LINE) {
        return run->at == 0 || (kind == BEGIN_LINE && before == '\n');
    }
    if (kind == END || kind == END_LINE) {
        return run->at == name.n || (kind == END_LINE && after == '\n');
    }
    return is_between == (kind == WORD_EDGE);
}

static void open_step(struct run *run, uint32_t step)
{
    if (run->marks[step] != run->at + 1) {
        run->marks[step] = (uint32_t)run->at + 1;
        run->open[run->n_open++] = step;
    }
}

/* Go on from the open steps to those that want the next character, which go to `ret`. Return true
 * at the end of the pattern. */
static bool advance_run(struct run *run, int32_t c, uint32_t *ret, uint32_t *ret_n)
{
    while (run->n_open) {
        uint32_t at = run->open[--run->n_open];
        if (at == run->pattern->n) {
            return true;
        }
        const struct step *step = &run->pattern->steps[at];
        if (step->kind == SPLIT) {
            open_step(run, (uint32_t)((int32_t)at + step->to));
            open_step(run, (uint32_t)((int32_t)at + step->other));
        } else if (step->kind != RUNE && is_edge(run, step->kind)) {
            open_step(run, at + 1);
        } else if (step->kind == RUNE && c != NO_RUNE && is_in_set(&step->set, c)) {
            ret[(*ret_n)++] = at + 1;
        }
    }
    return false;
}

bool kps_name_pattern_matches(const struct kps_name_pattern *pattern, struct kps_sv name)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    size_t bytes = (pattern->n + 1) * sizeof(uint32_t);
    uint32_t *marks = KPS_NEW_N(scratch, uint32_t, (size_t)pattern->n + 1);
    struct run run = {pattern, name, 0, marks, kps_alloc(scratch, bytes), 0};
    uint32_t *next = kps_alloc(scratch, bytes);
    uint32_t n = 0;
    for (;;) {
        size_t behind = run.at;
        int32_t c = behind < name.n ? kps_utf8_next(name, &behind) : NO_RUNE;
        open_step(&run, 0);
        for (uint32_t i = 0; i < n; i++) {
            open_step(&run, next[i]);
        }
        n = 0;
        if (advance_run(&run, c, next, &n)) {
            return true;
        }
        if (run.at == name.n) {
            return false;
        }
        run.at = behind;
    }
}
