#include "kube/kustomize_build.h"

#include "kube/api_version.h"
#include "kube/name_pattern.h"
#include "kube/tree.h"

/* Selectors of patches and replacements: kind, name and namespace, and labels as kubectl reads them
 * (k8s.io/apimachinery/pkg/labels, which kyaml has a copy of). */

static const char *const fields[] = {"group", "version", "kind", "name", "namespace"};
enum { GROUP, VERSION, KIND, NAME, NAMESPACE };

/* A selector's text at its reading. */
struct label_reader {
    struct kps_sv text;
    const struct kps_ynode *labels;
    const char *why; /* the first mistake */
};

static bool is_special(char c)
{
    return kps_sv_find(SV("=!(),<>"), c) < 7;
}

static bool is_space(char c)
{
    return kps_is_blank(c) || c == '\n';
}

/* Return the next token without taking it; empty: the end. */
static struct kps_sv peek_token(struct label_reader *r)
{
    while (r->text.n && is_space(r->text.p[0])) {
        r->text = kps_sv_from(r->text, 1);
    }
    size_t n = 0;
    if (kps_sv_starts_with_any(r->text, "== !=")) {
        n = 2;
    } else if (r->text.n && is_special(r->text.p[0])) {
        n = 1;
    }
    bool has_letters = n == 0;
    while (has_letters && n < r->text.n && !is_special(r->text.p[n]) && !is_space(r->text.p[n])) {
        n++;
    }
    return kps_sv_head(r->text, n);
}

static struct kps_sv take_token(struct label_reader *r)
{
    struct kps_sv token = peek_token(r);
    r->text = kps_sv_from(r->text, token.n);
    return token;
}

static bool is_word(struct kps_sv token)
{
    return token.n && !is_special(token.p[0]);
}

/* Return true for at most 63 letters, digits, '-', '_' and '.', a letter or digit at both ends. */
static bool is_label_text(struct kps_sv text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool is_end = i == 0 || i + 1 == text.n;
        if (!kps_is_alpha(c) && !kps_is_digit(c) &&
            (is_end || (c != '-' && c != '_' && c != '.'))) {
            return false;
        }
    }
    return text.n <= 63;
}

static struct kps_sv take_value(struct label_reader *r)
{
    struct kps_sv value = is_word(peek_token(r)) ? take_token(r) : SV("");
    if (!is_label_text(value)) {
        r->why = "the value of a label is invalid";
    }
    return value;
}

static bool compare_numbers(struct label_reader *r, struct kps_sv label, struct kps_sv wanted,
                            bool is_less)
{
    int64_t limit = kps_sv_number(wanted, INT64_MAX);
    int64_t have = kps_sv_number(label, INT64_MAX);
    if (limit < 0) {
        r->why = "a label is compared with a text, not with an integer";
        return false;
    }
    return have >= 0 && (is_less ? have < limit : have > limit);
}

/* Read the rest of a requirement behind its key. Return true when the label meets it. */
static bool meets_operator(struct label_reader *r, const struct kps_ynode *label)
{
    struct kps_sv op = take_token(r);
    struct kps_sv have = kps_ynode_text(label);
    bool is_list = kps_sv_is_one_of(op, "in notin");
    bool found = false;
    if (is_list && !kps_sv_is(take_token(r), "(")) {
        r->why = "a '(' is missing";
    } else if (is_list) {
        do {
            found = kps_sv_eq(take_value(r), have) || found;
        } while (kps_sv_is(peek_token(r), ",") && take_token(r).n);
        if (!kps_sv_is(take_token(r), ")")) {
            r->why = "a ')' is missing";
        }
    } else if (kps_sv_is_one_of(op, "= == !=")) {
        found = kps_sv_eq(take_value(r), have);
    } else if (kps_sv_is_one_of(op, "< >")) {
        return compare_numbers(r, have, take_value(r), op.p[0] == '<') && label;
    } else {
        r->why = "an operator is missing";
    }
    return (label && found) != kps_sv_is_one_of(op, "!= notin");
}

static bool meets_requirement(struct label_reader *r)
{
    bool is_absent = kps_sv_is(peek_token(r), "!") && take_token(r).n;
    struct kps_sv key = is_word(peek_token(r)) ? take_token(r) : SV("");
    size_t slash = kps_sv_find(key, '/');
    struct kps_sv name = slash < key.n ? kps_sv_from(key, slash + 1) : key;
    if (name.n == 0 || slash == 0 || !is_label_text(name)) {
        r->why = "the name of a label is invalid";
        return false;
    }
    const struct kps_ynode *label = kps_ynode_get(r->labels, key);
    struct kps_sv next = peek_token(r);
    if (is_absent || next.n == 0 || kps_sv_is(next, ",")) {
        return (label != NULL) != is_absent;
    }
    return meets_operator(r, label);
}

/* Return true when labels, or annotations, meet a selector, which is read to its end. */
static bool meets_labels(struct kps_build *build, const struct kps_build_object *object,
                         const struct kps_ynode *selector, const char *path, const char *field)
{
    const struct kps_ynode *text = kps_ynode_field(selector, field);
    struct label_reader r = {.labels = kps_tree_get(object->root, path)};
    bool is_met = true;
    if (!text) {
        return true;
    }
    r.text = kps_ynode_text(text);
    if (!kps_build_pay(build, text, r.text.n * (kps_ynode_count(r.labels, KPS_Y_MAP) + 1ULL) / 4)) {
        return false;
    }
    while (peek_token(&r).n && !r.why) {
        is_met = meets_requirement(&r) && is_met;
        struct kps_sv token = take_token(&r);
        if (!r.why && (kps_sv_is(token, ",") ? peek_token(&r).n == 0 : token.n > 0)) {
            r.why = "what follows a requirement is invalid";
        }
    }
    if (r.why) {
        kps_build_refuse(build, text, "kustomize refuses this selector: %s", r.why);
    }
    return is_met && !r.why;
}

void kps_build_selector_open(struct kps_build *build, const struct kps_ynode *node,
                             bool has_patterns, struct kps_build_selector *ret)
{
    *ret = (struct kps_build_selector){.node = node, .has_patterns = has_patterns};
    for (size_t i = 0; has_patterns && i < KPS_COUNT(fields); i++) {
        const struct kps_ynode *value = kps_ynode_field(node, fields[i]);
        const char *why = NULL;
        uint64_t work = 0;
        if (!value || kps_ynode_text(value).n == 0) {
            continue;
        }
        enum kps_name_pattern_result result = kps_name_pattern_compile(
            build->arena, kps_ynode_text(value), &ret->patterns[i], &why, &work);
        if (result == KPS_NAME_PATTERN_BROKEN) {
            kps_build_fail(build, value, "kustomize refuses this expression: %s", why);
        } else if (result == KPS_NAME_PATTERN_UNKNOWN) {
            kps_build_note_unjudged(build, value, why);
        }
        bool is_paid = kps_build_pay(build, value, work);
        ret->is_void |= result != KPS_NAME_PATTERN_OK || !is_paid;
    }
}

/* Return true when a field of the selector agrees with a text; an empty field agrees with all. */
static bool agrees_with(struct kps_build *build, const struct kps_build_selector *selector,
                        int field, struct kps_sv text)
{
    if (selector->has_patterns) {
        const struct kps_name_pattern *pattern = selector->patterns[field];
        return !pattern ||
               (kps_build_pay(build, selector->node, kps_name_pattern_cost(pattern, text)) &&
                kps_name_pattern_matches(pattern, text));
    }
    struct kps_sv wanted = kps_tree_get_text(selector->node, fields[field]);
    return wanted.n == 0 || kps_sv_eq(wanted, text);
}

bool kps_build_selects(struct kps_build *build, const struct kps_build_selector *selector,
                       const struct kps_build_object *object)
{
    bool found = false;
    if (selector->is_void ||
        !agrees_with(build, selector, GROUP, kps_api_version_group(object->api_version)) ||
        !agrees_with(build, selector, VERSION, kps_api_version_version(object->api_version)) ||
        !agrees_with(build, selector, KIND, object->kind)) {
        return false;
    }
    for (const struct kps_build_name *at = &object->now; at && !found; at = at->before) {
        found = agrees_with(build, selector, NAME, at->name) &&
                agrees_with(build, selector, NAMESPACE, kps_build_namespace(at->namespace));
    }
    return found &&
           meets_labels(build, object, selector->node, "metadata.labels", "labelSelector") &&
           meets_labels(build, object, selector->node, "metadata.annotations",
                        "annotationSelector");
}
