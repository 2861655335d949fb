#include <string.h>

#include "base/buf.h"
#include "kube/kube.h"
#include "kube/scalar.h"
#include "kube/tree.h"

/*
 * OpenShift's Template: objects with ${NAME} and ${{NAME}} in their values, which `oc process`
 * replaces by parameters.
 * ${NAME} stands anywhere in a text and leaves it a text; ${{NAME}} is all of a value and makes it
 * what the parameter's value reads as in JSON. A name that is no parameter stays as it is. A
 * parameter without a value is given on the command line or generated: a text keeps its ${NAME},
 * equal only to itself, and a port that is ${{NAME}} is left out.
 */
struct parameters {
    struct kps_map index;  /* name -> index of values */
    struct kps_sv *values; /* .p == NULL: none */
    struct kps_sv open;    /* a name without a value that something depends on; empty: none */
    struct kps_span open_at;
};

static void read_parameters(struct kps_kube *kube, const struct kps_ynode *list,
                            struct parameters *ret)
{
    uint32_t n = kps_ynode_count(list, KPS_Y_SEQ);
    ret->values = KPS_NEW_N(kube->tree, struct kps_sv, (size_t)n + 1);
    for (uint32_t i = 0; i < n; i++) {
        const struct kps_ynode *entry = kps_ynode_item(list, i);
        const struct kps_ynode *value = kps_ynode_field(entry, "value");
        struct kps_sv name = kps_ynode_text(kps_ynode_field(entry, "name"));
        uint32_t at = *kps_map_put(&ret->index, kube->tree, name, i);
        bool has_value = kps_ynode_text(value).n && !kps_tree_is_null(value);
        ret->values[at] = has_value ? kps_ynode_text(value) : (struct kps_sv){NULL, 0};
    }
}

/* The length of the name at the front, which `closing` must follow; 0: there is none. */
static size_t name_length(struct kps_sv text, struct kps_sv closing)
{
    size_t n = 0;
    while (n < text.n && (kps_is_alpha(text.p[n]) || kps_is_digit(text.p[n]) || text.p[n] == '_')) {
        n++;
    }
    return kps_sv_starts(kps_sv_from(text, n), closing) ? n : 0;
}

/* A number, true, false or null: what JSON has besides texts, as far as a port or a count goes. */
static bool is_json_word(struct kps_sv value)
{
    bool number = value.n > 0;
    for (size_t i = 0; i < value.n; i++) {
        number = number && (kps_is_digit(value.p[i]) || (i == 0 && value.p[i] == '-'));
    }
    return number || kps_sv_is_one_of(value, "true false null");
}

static void note_open(struct parameters *parameters, struct kps_sv name,
                      const struct kps_ynode *node)
{
    if (parameters->open.n == 0) {
        parameters->open = name;
        parameters->open_at = node->span;
    }
}

/* Fill ${{NAME}} as a whole value. Return: was the node such a value? */
static bool fill_value(struct kps_ynode *node, struct parameters *parameters)
{
    struct kps_sv text = {node->text, node->n};
    struct kps_sv inner = kps_sv_from(text, 3);
    size_t n = kps_sv_has_head(text, "${{") ? name_length(inner, SV("}}")) : 0;
    if (n == 0 || n + 2 != inner.n) {
        return false;
    }
    struct kps_sv name = kps_sv_head(inner, n);
    uint32_t at = kps_map_get(&parameters->index, name, UINT32_MAX);
    if (at == UINT32_MAX) {
        return true;
    }
    struct kps_sv value = parameters->values[at];
    node->flags &= (uint8_t)~KPS_Y_VERBATIM;
    node->style = KPS_Y_PLAIN;
    if (!value.p) {
        note_open(parameters, name, node);
        node->tag = KPS_Y_NULL;
        node->flags |= KPS_Y_OPEN;
        node->text = "";
        node->n = 0;
        return true;
    }
    node->tag = is_json_word(value) ? KPS_Y_UNTAGGED : KPS_Y_STR;
    node->text = value.p;
    node->n = (uint32_t)value.n;
    return true;
}

/* Each ${NAME} of a text. */
static void fill_text(struct kps_kube *kube, struct kps_ynode *node, struct parameters *parameters)
{
    struct kps_sv text = {node->text, node->n};
    struct kps_buf *filled = kps_buf_new(kube->tree);
    bool changed = false;
    for (size_t i = 0; i < text.n;) {
        struct kps_sv rest = kps_sv_from(text, i);
        struct kps_sv name = kps_sv_from(rest, 2);
        size_t n = kps_sv_has_head(rest, "${") ? name_length(name, SV("}")) : 0;
        name = kps_sv_head(name, n);
        uint32_t at = n ? kps_map_get(&parameters->index, name, UINT32_MAX) : UINT32_MAX;
        if (at == UINT32_MAX || !parameters->values[at].p) {
            if (at != UINT32_MAX) {
                note_open(parameters, name, node);
            }
            kps_buf_char(filled, text.p[i++]);
            continue;
        }
        kps_buf_add(filled, parameters->values[at]);
        changed = true;
        i += n + 3;
        if (filled->n > KPS_KUBE_FILLED_TEXT) {
            return;
        }
    }
    if (changed) {
        struct kps_sv result = kps_buf_sv(filled);
        node->flags &= (uint8_t)~KPS_Y_VERBATIM;
        node->tag = KPS_Y_STR;
        node->text = result.p;
        node->n = (uint32_t)result.n;
    }
}

static void say_open(struct kps_kube *kube, struct kps_sv template,
                     const struct parameters *parameters)
{
    struct kps_finding *finding = kps_kube_add_finding(
        kube, KPS_RULE_INPUT_UNSUPPORTED, KPS_WARNING, KPS_LIKELY,
        "parameter '%.*s' of Template '%.*s' has no value, and what depends on it is not judged",
        SV_ARG(parameters->open), SV_ARG(template));
    kps_kube_party(kube, finding, 0, 0, parameters->open_at, kube->source, SV("depends on it"));
    kps_finding_help(finding, "check what 'oc process -f ... -p %.*s=...' prints",
                     SV_ARG(parameters->open));
    kube->diag->incomplete = true;
}

void kps_kube_fill_template(struct kps_kube *kube, const struct kps_ynode *root, struct kps_sv name)
{
    const struct kps_ynode *objects = kps_ynode_field(root, "objects");
    kube->is_filled = true;
    struct parameters parameters = {.open = {NULL, 0}};
    read_parameters(kube, kps_ynode_field(root, "parameters"), &parameters);
    for (size_t i = 0; i < kube->n_dollars; i++) {
        struct kps_ynode *node = kube->dollars[i];
        bool inside = node->span.off >= objects->span.off &&
                      node->span.off - objects->span.off < objects->span.len;
        if (inside && !fill_value(node, &parameters)) {
            fill_text(kube, node, &parameters);
        }
    }
    if (parameters.open.n) {
        say_open(kube, name, &parameters);
    }
}

bool kps_kube_is_open(const struct kps_ynode *map)
{
    for (uint32_t i = 0; map->kind == KPS_Y_MAP && i < map->n; i++) {
        if (kps_ynode_item(map, i)->flags & KPS_Y_OPEN) {
            return true;
        }
    }
    return false;
}
