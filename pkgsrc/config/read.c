#include "config/read.h"

#include "base/nearest.h"
#include "base/path.h"
#include "yaml/reader.h"

bool kps_config_fail(struct kps_config_reading *r, struct kps_span at, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    struct kps_sv text = kps_vfmt(r->diag->arena, fmt, args);
    va_end(args);
    (void)kps_diag_add(r->diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, kps_diag_here(r->diag, at),
                       "%.*s", SV_ARG(text));
    r->failed = true;
    return false;
}

static struct kps_sv suggestion(struct kps_arena *arena, struct kps_sv nearest)
{
    return nearest.n ? kps_fmt(arena, "; did you mean '%.*s'?", SV_ARG(nearest)) : SV("");
}

void kps_config_warn_key(struct kps_config_reading *r, const struct kps_ynode *key,
                         const struct kps_sv *names, size_t n_names)
{
    struct kps_sv text = kps_ynode_text(key);
    if (kps_sv_starts(text, SV("x-"))) {
        return;
    }
    struct kps_nearest nearest = {.word = text};
    for (size_t i = 0; i < n_names; i++) {
        kps_nearest_offer(&nearest, names[i]);
    }
    struct kps_sv help = suggestion(r->diag->arena, nearest.best);
    (void)kps_diag_add(r->diag, KPS_RULE_INPUT_INVALID, KPS_WARNING,
                       kps_diag_here(r->diag, key->span), "there is no key '%.*s'%.*s",
                       SV_ARG(text), SV_ARG(help));
}

bool kps_config_scalar(struct kps_config_reading *r, const struct kps_ynode *node,
                       struct kps_sv what, struct kps_config_value *ret)
{
    enum kps_ytype type = kps_ynode_type(node);
    if (type == KPS_T_MAP || type == KPS_T_SEQ || type == KPS_T_NULL) {
        return kps_config_fail(r, node->span, "'%.*s' wants a value and not %s", SV_ARG(what),
                               type == KPS_T_NULL ? "nothing" : kps_ynode_type_name(type));
    }
    struct kps_sv text = kps_ynode_text(node);
    if (text.n == 0) {
        return kps_config_fail(r, node->span, "'%.*s' wants a value and not an empty text",
                               SV_ARG(what));
    }
    *ret = (struct kps_config_value){kps_sv_copy(r->diag->arena, text), node->span};
    return true;
}

/* A list of scalars, or one alone. */
static void read_values(struct kps_config_reading *r, const struct kps_config_key_info *info,
                        const struct kps_ynode *written)
{
    const struct kps_ynode *node = kps_ynode_resolve(written);
    struct kps_sv name = kps_sv_of(info->name);
    bool takes_list = info->type == KPS_CONFIG_WORDS || info->type == KPS_CONFIG_FILES;
    size_t room = takes_list && node->kind == KPS_Y_SEQ ? node->n : 1;
    struct kps_config_value *values =
        KPS_NEW_N(r->diag->arena, struct kps_config_value, room ? room : 1);
    size_t n = 0;
    for (size_t i = 0; i < room; i++) {
        const struct kps_ynode *item =
            takes_list && node->kind == KPS_Y_SEQ ? node->edges[i].val : written;
        if (!kps_config_scalar(r, item, name, &values[n])) {
            continue;
        }
        if (info->type == KPS_CONFIG_FILE || info->type == KPS_CONFIG_FILES) {
            values[n].text = kps_path_join(r->diag->arena, r->folder, values[n].text);
        }
        n++;
    }
    r->config->values[info->key] = (struct kps_config_values){values, n};
}

/* What the value behind a rule says. */
static bool read_level(struct kps_config_reading *r, struct kps_sv rule,
                       const struct kps_ynode *node, struct kps_config_rule *ret)
{
    static const struct {
        struct kps_sv word;
        struct kps_config_rule level;
    } words[] = {
        {SV_LIT("off"), {.is_off = true}},
        {SV_LIT("on"), {.is_off = false}},
        {SV_LIT("false"), {.is_off = true}},
        {SV_LIT("true"), {.is_off = false}},
        {SV_LIT("note"), {.has_severity = true, .severity = KPS_NOTE}},
        {SV_LIT("warning"), {.has_severity = true, .severity = KPS_WARNING}},
        {SV_LIT("error"), {.has_severity = true, .severity = KPS_ERROR}},
    };
    struct kps_config_value value;
    if (!kps_config_scalar(r, node, rule, &value)) {
        return false;
    }
    for (size_t i = 0; i < KPS_COUNT(words); i++) {
        if (kps_sv_eq_nocase(value.text, words[i].word)) {
            *ret = words[i].level;
            return true;
        }
    }
    return kps_config_fail(r, value.at, "'%.*s' is none of off, on, note, warning, error",
                           SV_ARG(value.text));
}

/* Sets the level of the rules that `word` means, unless a nearer word did: weights[rule] is how
 * near that was. */
static void set_level(struct kps_config_reading *r, struct kps_sv word,
                      struct kps_config_rule level, size_t *weights)
{
    for (const struct kps_rule_info *info = kps_rules; info->rule != KPS_RULE_NONE; info++) {
        bool is_exact = kps_rule_by_name(word) == info->rule;
        size_t weight = is_exact ? SIZE_MAX : word.n;
        if ((is_exact || kps_rule_is(info, word)) && weight >= weights[info->rule]) {
            weights[info->rule] = weight;
            r->config->rules[info->rule] = level;
        }
    }
}

/* A rule by its id here and by its name there is one key twice, which YAML does not see. */
static bool is_repeated(struct kps_config_reading *r, const struct kps_ynode *key,
                        uint32_t *seen_at)
{
    enum kps_rule rule = kps_rule_by_name(kps_ynode_text(key));
    if (rule == KPS_RULE_NONE) {
        return false;
    }
    if (seen_at[rule]) {
        uint32_t line = kps_files_pos(&r->diag->files, r->config->file, seen_at[rule] - 1).line;
        (void)kps_config_fail(r, key->span, "rule %s is given twice, before in line %u",
                              kps_rule_info(rule)->id, line);
        return true;
    }
    seen_at[rule] = key->span.off + 1;
    return false;
}

static void read_rules(struct kps_config_reading *r, const struct kps_ynode *written)
{
    enum { MOST = KPS_COUNT(((struct kps_rule_set *)NULL)->has) };
    const struct kps_ynode *node = kps_ynode_resolve(written);
    if (node->kind != KPS_Y_MAP) {
        (void)kps_config_fail(r, written->span,
                              "'rules' wants a mapping of rules to off, on or a severity");
        return;
    }
    size_t *weights = KPS_NEW_N(r->diag->arena, size_t, MOST);
    uint32_t *seen_at = KPS_NEW_N(r->diag->arena, uint32_t, MOST);
    for (uint32_t i = 0; i < node->n; i++) {
        const struct kps_ynode *key = node->edges[i].key;
        struct kps_sv word = kps_ynode_text(key);
        struct kps_config_rule level = {0};
        if (!kps_rule_exists(word)) {
            struct kps_sv help = suggestion(r->diag->arena, kps_rule_nearest(word));
            (void)kps_config_fail(r, key->span, "there is no rule '%.*s'%.*s", SV_ARG(word),
                                  SV_ARG(help));
        } else if (!is_repeated(r, key, seen_at) &&
                   read_level(r, word, node->edges[i].val, &level)) {
            set_level(r, word, level, weights);
        }
    }
}

static void read_key(struct kps_config_reading *r, const struct kps_ynode *key,
                     const struct kps_ynode *value)
{
    struct kps_sv names[KPS_CONFIG_KEYS];
    for (size_t i = 0; i < KPS_CONFIG_KEYS; i++) {
        const struct kps_config_key_info *info = &kps_config_keys[i];
        names[i] = kps_sv_of(info->name);
        if (!kps_sv_eq(kps_ynode_text(key), names[i])) {
            continue;
        }
        if (info->key == KPS_CONFIG_RULES) {
            read_rules(r, value);
        } else if (info->key == KPS_CONFIG_NODE_RESERVED_PORTS) {
            kps_config_read_reserved(r, value);
        } else if (info->key == KPS_CONFIG_SIDECARS) {
            kps_config_read_sidecars(r, value);
        } else {
            read_values(r, info, value);
        }
        return;
    }
    kps_config_warn_key(r, key, names, KPS_COUNT(names));
}

static void read_root(struct kps_config_reading *r, const struct kps_ynode *root)
{
    const struct kps_ynode *map = kps_ynode_resolve(root);
    if (kps_ynode_type(map) == KPS_T_NULL) {
        return; /* nothing but comments */
    }
    if (map->kind != KPS_Y_MAP) {
        (void)kps_config_fail(r, root->span, "a configuration is a mapping of keys and not %s",
                              kps_ynode_type_name(kps_ynode_type(map)));
        return;
    }
    for (uint32_t i = 0; i < map->n; i++) {
        read_key(r, map->edges[i].key, map->edges[i].val);
    }
}

bool kps_config_read(struct kps_diag *diag, kps_file_id file, struct kps_sv folder,
                     struct kps_config *ret)
{
    struct kps_config_reading r = {.diag = diag, .config = ret, .folder = folder};
    *ret = (struct kps_config){.file = file};
    ret->rules = KPS_NEW_N(diag->arena, struct kps_config_rule,
                           KPS_COUNT(((struct kps_rule_set *)NULL)->has));
    struct kps_yaml_reader *reader KPS_CLEANUP(kps_yaml_reader_cleanup) =
        kps_yaml_reader_open(diag, file);
    const struct kps_ynode *root = NULL;
    enum kps_yaml_result result = kps_yaml_reader_next(reader, diag->arena, &root);
    if (result == KPS_YAML_DOCUMENT) {
        r.failed = kps_yaml_reader_had_faults(reader);
        read_root(&r, root);
        result = kps_yaml_reader_next(reader, diag->arena, &root);
    }
    if (result == KPS_YAML_DOCUMENT) {
        (void)kps_config_fail(&r, root->span, "a configuration is one document");
    }
    return !r.failed && result != KPS_YAML_ERROR;
}
