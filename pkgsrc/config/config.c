#include "config/config.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/nearest.h"
#include "base/path.h"
#include "base/vec.h"
#include "model/ports.h"
#include "yaml/reader.h"

const struct kps_config_key_info kps_config_keys[KPS_CONFIG_KEYS] = {
    [KPS_CONFIG_RULES] = {"rules", KPS_CONFIG_TABLE},
    [KPS_CONFIG_FAIL_ON] = {"fail-on", KPS_CONFIG_WORD},
    [KPS_CONFIG_SEVERITY] = {"severity", KPS_CONFIG_WORD},
    [KPS_CONFIG_FORMAT] = {"format", KPS_CONFIG_WORD},
    [KPS_CONFIG_SORT] = {"sort", KPS_CONFIG_WORD},
    [KPS_CONFIG_COLOR] = {"color", KPS_CONFIG_WORD},
    [KPS_CONFIG_BASELINE] = {"baseline", KPS_CONFIG_FILE},
    [KPS_CONFIG_EXCLUDE] = {"exclude", KPS_CONFIG_WORDS},
    [KPS_CONFIG_PROFILES] = {"profiles", KPS_CONFIG_WORDS},
    [KPS_CONFIG_ENV_FILES] = {"env-files", KPS_CONFIG_FILES},
    [KPS_CONFIG_NODES] = {"nodes", KPS_CONFIG_WORD},
    [KPS_CONFIG_NODE_PORT_RANGE] = {"node-port-range", KPS_CONFIG_WORD},
    [KPS_CONFIG_KUBERNETES_VERSION] = {"kubernetes-version", KPS_CONFIG_WORD},
    [KPS_CONFIG_COMPOSE_VERSION] = {"compose-version", KPS_CONFIG_WORD},
    [KPS_CONFIG_NAMESPACE] = {"namespace", KPS_CONFIG_WORD},
    [KPS_CONFIG_NODE_RESERVED_PORTS] = {"node-reserved-ports", KPS_CONFIG_TABLE},
    [KPS_CONFIG_SIDECARS] = {"sidecars", KPS_CONFIG_TABLE},
    [KPS_CONFIG_MACHINES] = {"machines", KPS_CONFIG_TABLE},
};

/* The first place of an input of `machines`. */
struct machine_place {
    struct kps_sv machine; /* its name */
    uint32_t off;
};

struct reading {
    struct kps_diag *diag;
    struct kps_config *config;
    struct kps_sv folder;
    struct kps_map inputs; /* of machines: indexes of `places` */
    KPS_VEC(struct machine_place) places;
    bool failed;
};

/* Report an error at a place, and note that reading failed. Return: false. */
KPS_PRINTF(3, 4)
static bool add_error(struct reading *r, struct kps_span at, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)kps_diag_vadd_here(r->diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, at, fmt, args);
    va_end(args);
    r->failed = true;
    return false;
}

/* Warn about a key that is none of `names`, unless it begins with "x-". */
static void warn_unknown_key(struct reading *r, const struct kps_ynode *key,
                             const struct kps_sv *names, size_t n_names)
{
    struct kps_sv text = kps_ynode_text(key);
    if (kps_sv_has_head(text, "x-")) {
        return;
    }
    struct kps_nearest nearest = {.word = text};
    for (size_t i = 0; i < n_names; i++) {
        kps_nearest_offer(&nearest, names[i]);
    }
    const char *help = kps_nearest_words(r->diag->arena, nearest.best, "").p;
    (void)kps_diag_add_here(r->diag, KPS_RULE_INPUT_INVALID, KPS_WARNING, key->span,
                            "there is no key '%.*s'%s", SV_ARG(text), help);
}

/* Copy the text of a scalar; a collection or null is an error. The key `what` is for messages. */
static bool read_scalar(struct reading *r, const struct kps_ynode *node, struct kps_sv what,
                        struct kps_config_value *ret)
{
    enum kps_ytype type = kps_ynode_type(node);
    if (type == KPS_T_MAP || type == KPS_T_SEQ || type == KPS_T_NULL) {
        return add_error(r, node->span, "'%.*s' wants a value and not %s", SV_ARG(what),
                         type == KPS_T_NULL ? "nothing" : kps_ynode_type_name(type));
    }
    struct kps_sv text = kps_ynode_text(node);
    if (text.n == 0) {
        return add_error(r, node->span, "'%.*s' wants a value and not an empty text", SV_ARG(what));
    }
    *ret = (struct kps_config_value){kps_sv_copy(r->diag->arena, text), node->span};
    return true;
}

/* "9100", "9100/udp", "8000-8010/tcp" */
static bool parse_ports(struct kps_sv text, struct kps_config_port *ret)
{
    size_t slash = kps_sv_find(text, '/');
    enum kps_protocol protocol =
        slash < text.n ? kps_protocol_of(kps_sv_from(text, slash + 1)) : KPS_TCP;
    struct kps_port_range range;
    if (!protocol || !kps_port_range_parse(kps_sv_head(text, slash), '-', &range) ||
        range.first == 0) {
        return false;
    }
    ret->first = range.first;
    ret->last = range.last;
    ret->protocol = (uint8_t)protocol;
    return true;
}

static bool read_port(struct reading *r, const struct kps_ynode *node, struct kps_sv what,
                      struct kps_config_port *ret)
{
    struct kps_config_value value = {0};
    if (!read_scalar(r, node, what, &value)) {
        return false;
    }
    return parse_ports(value.text, ret) ||
           add_error(r, value.at, "'%.*s' is no port, as 9100, 9100/udp or 9100-9110",
                     SV_ARG(value.text));
}

/* Return: the items of a list; a single item is a list of one. */
static const struct kps_yedge *items_of(const struct kps_yedge *edge, uint32_t *ret_n)
{
    const struct kps_ynode *node = kps_ynode_resolve(edge->val);
    *ret_n = node->kind == KPS_Y_SEQ ? node->n : 1;
    return node->kind == KPS_Y_SEQ ? node->edges : edge;
}

/* {port: 9100/tcp, used-by: node-exporter} */
static bool read_reserved_map(struct reading *r, const struct kps_ynode *map,
                              struct kps_config_port *ret)
{
    static const struct kps_sv names[] = {SV_LIT("port"), SV_LIT("used-by")};
    bool has_port = false;
    for (uint32_t i = 0; i < map->n; i++) {
        const struct kps_ynode *key = map->edges[i].key;
        struct kps_config_value who;
        if (kps_sv_eq(kps_ynode_text(key), names[0])) {
            has_port = true;
            if (!read_port(r, map->edges[i].val, names[0], ret)) {
                return false;
            }
        } else if (!kps_sv_eq(kps_ynode_text(key), names[1])) {
            warn_unknown_key(r, key, names, KPS_COUNT(names));
        } else if (read_scalar(r, map->edges[i].val, names[1], &who)) {
            ret->who = who.text;
        }
    }
    return has_port || add_error(r, map->span, "this entry has no 'port'");
}

static void read_reserved_ports(struct reading *r, const struct kps_ynode *node)
{
    uint32_t n_items = 0;
    const struct kps_yedge *items = items_of(&(struct kps_yedge){NULL, node, 0}, &n_items);
    struct kps_config_port *ports =
        KPS_NEW_N(r->diag->arena, struct kps_config_port, n_items ? n_items : 1);
    size_t n = 0;
    for (uint32_t i = 0; i < n_items; i++) {
        const struct kps_ynode *item = kps_ynode_resolve(items[i].val);
        bool is_good = item->kind == KPS_Y_MAP
                           ? read_reserved_map(r, item, &ports[n])
                           : read_port(r, items[i].val, SV("node-reserved-ports"), &ports[n]);
        n += is_good;
    }
    r->config->reserved = ports;
    r->config->n_reserved = n;
}

static void read_sidecar_ports(struct reading *r, const struct kps_yedge *edge,
                               struct kps_config_sidecar *ret)
{
    uint32_t n_items = 0;
    const struct kps_yedge *items = items_of(edge, &n_items);
    struct kps_config_port *ports =
        KPS_NEW_N(r->diag->arena, struct kps_config_port, n_items ? n_items : 1);
    size_t n = 0;
    for (uint32_t i = 0; i < n_items; i++) {
        n += read_port(r, items[i].val, SV("ports"), &ports[n]);
    }
    ret->ports = ports;
    ret->n_ports = n;
}

/* Read `when: {key: value}`, or `when: key` for any value. */
static void read_when(struct reading *r, const struct kps_ynode *node,
                      struct kps_config_sidecar *ret)
{
    const struct kps_ynode *map = kps_ynode_resolve(node);
    struct kps_config_value value = {0};
    if (map->kind != KPS_Y_MAP) {
        if (read_scalar(r, node, SV("when"), &value)) {
            ret->key = value.text;
        }
        return;
    }
    if (map->n != 1) {
        (void)add_error(r, map->span, "'when' wants one label or annotation");
        return;
    }
    if (read_scalar(r, map->edges[0].val, SV("when"), &value)) {
        ret->key = kps_sv_copy(r->diag->arena, kps_ynode_text(map->edges[0].key));
        ret->value = value.text;
    }
}

static bool read_sidecar(struct reading *r, const struct kps_ynode *node,
                         struct kps_config_sidecar *ret)
{
    static const struct kps_sv names[] = {SV_LIT("name"), SV_LIT("ports"), SV_LIT("when")};
    const struct kps_ynode *map = kps_ynode_resolve(node);
    if (map->kind != KPS_Y_MAP) {
        return add_error(r, node->span, "a sidecar is a mapping with 'name' and 'ports'");
    }
    bool has_ports = false;
    for (uint32_t i = 0; i < map->n; i++) {
        const struct kps_yedge *edge = &map->edges[i];
        struct kps_sv key = kps_ynode_text(edge->key);
        struct kps_config_value value = {0};
        if (kps_sv_eq(key, names[0])) {
            ret->name = read_scalar(r, edge->val, names[0], &value) ? value.text : SV("?");
        } else if (kps_sv_eq(key, names[1])) {
            has_ports = true;
            read_sidecar_ports(r, edge, ret);
        } else if (kps_sv_eq(key, names[2])) {
            read_when(r, edge->val, ret);
        } else {
            warn_unknown_key(r, edge->key, names, KPS_COUNT(names));
        }
    }
    if (ret->name.n == 0 || !has_ports) {
        return add_error(r, map->span, "this sidecar has no '%s'",
                         ret->name.n == 0 ? "name" : "ports");
    }
    return true;
}

static void read_sidecars(struct reading *r, const struct kps_ynode *node)
{
    uint32_t n_items = 0;
    const struct kps_yedge *items = items_of(&(struct kps_yedge){NULL, node, 0}, &n_items);
    if (n_items > KPS_CONFIG_MOST_SIDECARS) {
        (void)add_error(r, node->span, "more than %d sidecars", KPS_CONFIG_MOST_SIDECARS);
        return;
    }
    struct kps_config_sidecar *sidecars =
        KPS_NEW_N(r->diag->arena, struct kps_config_sidecar, n_items ? n_items : 1);
    size_t n = 0;
    for (uint32_t i = 0; i < n_items; i++) {
        n += read_sidecar(r, items[i].val, &sidecars[n]);
    }
    r->config->sidecars = sidecars;
    r->config->n_sidecars = n;
}

/*
 * Read a file or folder of a machine: below the folder of the settings, or an absolute path.
 * Return: false with an error.
 */
static bool read_machine_input(struct reading *r, const struct kps_ynode *node,
                               struct kps_config_value *ret)
{
    if (!read_scalar(r, node, SV("inputs"), ret)) {
        return false;
    }
    struct kps_sv path = kps_path_clean(r->diag->arena, ret->text);
    if (kps_sv_is(path, "..") || kps_sv_has_head(path, "../")) {
        return add_error(r, ret->at, "'%.*s' leaves the folder of this file", SV_ARG(ret->text));
    }
    ret->text = kps_path_clean(r->diag->arena, kps_path_join(r->diag->arena, r->folder, path));
    return true;
}

/* Report an input that a machine before, or this one, has already. */
static bool is_input_repeated(struct reading *r, struct kps_sv machine,
                              const struct kps_config_value *input)
{
    uint32_t at = *kps_map_put(&r->inputs, r->diag->arena, input->text, r->places.n);
    if (at == r->places.n) {
        *kps_vec_push(&r->places) = (struct machine_place){machine, input->at.off};
        return false;
    }
    const struct machine_place *before = &r->places.v[at];
    return !add_error(r, input->at, "'%.*s' is an input of machine '%.*s' already, line %u",
                      SV_ARG(input->text), SV_ARG(before->machine),
                      kps_files_pos(&r->diag->files, r->config->file, before->off).line);
}

static void read_machine_inputs(struct reading *r, const struct kps_yedge *edge,
                                struct kps_config_machine *ret)
{
    uint32_t n_items = 0;
    const struct kps_yedge *items = items_of(edge, &n_items);
    struct kps_config_value *inputs =
        KPS_NEW_N(r->diag->arena, struct kps_config_value, n_items ? n_items : 1);
    ret->inputs = inputs;
    for (uint32_t i = 0; i < n_items; i++) {
        struct kps_config_value *input = &inputs[ret->n_inputs];
        ret->n_inputs +=
            read_machine_input(r, items[i].val, input) && !is_input_repeated(r, ret->name, input);
    }
}

static bool read_machine(struct reading *r, const struct kps_yedge *machine,
                         struct kps_config_machine *ret)
{
    static const struct kps_sv names[] = {SV_LIT("inputs"), SV_LIT("context")};
    const struct kps_ynode *map = kps_ynode_resolve(machine->val);
    ret->name = kps_sv_copy(r->diag->arena, kps_ynode_text(machine->key));
    if (ret->name.n == 0) {
        return add_error(r, machine->key->span, "a machine has a name");
    }
    if (map->kind != KPS_Y_MAP) {
        return add_error(r, machine->val->span,
                         "a machine is a mapping with 'inputs' and 'context'");
    }
    bool had_failed = r->failed;
    for (uint32_t i = 0; i < map->n; i++) {
        const struct kps_yedge *edge = &map->edges[i];
        if (kps_sv_eq(kps_ynode_text(edge->key), names[0])) {
            read_machine_inputs(r, edge, ret);
        } else if (kps_sv_eq(kps_ynode_text(edge->key), names[1])) {
            (void)read_scalar(r, edge->val, names[1], &ret->context);
        } else {
            warn_unknown_key(r, edge->key, names, KPS_COUNT(names));
        }
    }
    if (ret->n_inputs == 0 && r->failed == had_failed) {
        return add_error(r, machine->key->span, "machine '%.*s' has no 'inputs'",
                         SV_ARG(ret->name));
    }
    return true;
}

static void read_machines(struct reading *r, const struct kps_ynode *node)
{
    const struct kps_ynode *map = kps_ynode_resolve(node);
    if (map->kind != KPS_Y_MAP) {
        (void)add_error(r, node->span, "'machines' wants a mapping of names to inputs and context");
        return;
    }
    if (map->n > KPS_LIMIT_ENGINES) {
        (void)add_error(r, node->span, "more than %d machines", KPS_LIMIT_ENGINES);
        return;
    }
    struct kps_config_machine *machines =
        KPS_NEW_N(r->diag->arena, struct kps_config_machine, map->n ? map->n : 1);
    r->config->machines = machines;
    for (uint32_t i = 0; i < map->n; i++) {
        r->config->n_machines += read_machine(r, &map->edges[i], &machines[r->config->n_machines]);
    }
}

/* Read a list of scalars, or one scalar. */
static void read_values(struct reading *r, enum kps_config_key key, const struct kps_ynode *written)
{
    const struct kps_config_key_info *info = &kps_config_keys[key];
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
        if (!read_scalar(r, item, name, &values[n])) {
            continue;
        }
        if (info->type == KPS_CONFIG_FILE || info->type == KPS_CONFIG_FILES) {
            values[n].text = kps_path_join(r->diag->arena, r->folder, values[n].text);
        }
        n++;
    }
    r->config->values[key] = (struct kps_config_values){values, n};
}

/* Read the value behind a rule: off, on or a severity. */
static bool read_level(struct reading *r, struct kps_sv rule, const struct kps_ynode *node,
                       struct kps_config_rule *ret)
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
    struct kps_config_value value = {0};
    if (!read_scalar(r, node, rule, &value)) {
        return false;
    }
    for (size_t i = 0; i < KPS_COUNT(words); i++) {
        if (kps_sv_eq_nocase(value.text, words[i].word)) {
            *ret = words[i].level;
            return true;
        }
    }
    return add_error(r, value.at, "'%.*s' is none of off, on, note, warning, error",
                     SV_ARG(value.text));
}

/*
 * Set the level of the rules that `word` means, unless a longer word did: weights[rule] is the
 * length of the effective word.
 */
static void set_level(struct reading *r, struct kps_sv word, struct kps_config_rule level,
                      size_t *weights)
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

/* Report a rule given by its id and by its name: YAML sees two different keys. */
static bool is_repeated(struct reading *r, const struct kps_ynode *key, uint32_t *seen_at)
{
    enum kps_rule rule = kps_rule_by_name(kps_ynode_text(key));
    if (rule == KPS_RULE_NONE) {
        return false;
    }
    if (seen_at[rule]) {
        uint32_t line = kps_files_pos(&r->diag->files, r->config->file, seen_at[rule] - 1).line;
        (void)add_error(r, key->span, "rule %s is given twice, before in line %u",
                        kps_rule_info(rule)->id, line);
        return true;
    }
    seen_at[rule] = key->span.off + 1;
    return false;
}

static void read_rules(struct reading *r, const struct kps_ynode *written)
{
    enum { MOST = KPS_COUNT(((struct kps_rule_set *)NULL)->has) };
    const struct kps_ynode *node = kps_ynode_resolve(written);
    if (node->kind != KPS_Y_MAP) {
        (void)add_error(r, written->span,
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
            const char *help = kps_nearest_words(r->diag->arena, kps_rule_nearest(word), "").p;
            (void)add_error(r, key->span, "there is no rule '%.*s'%s", SV_ARG(word), help);
        } else if (!is_repeated(r, key, seen_at) &&
                   read_level(r, word, node->edges[i].val, &level)) {
            set_level(r, word, level, weights);
        }
    }
}

static void read_key(struct reading *r, const struct kps_ynode *key, const struct kps_ynode *value)
{
    struct kps_sv names[KPS_CONFIG_KEYS];
    enum kps_config_key found = KPS_CONFIG_KEYS;
    for (enum kps_config_key i = 0; i < KPS_CONFIG_KEYS; i++) {
        names[i] = kps_sv_of(kps_config_keys[i].name);
        found = kps_sv_eq(kps_ynode_text(key), names[i]) ? i : found;
    }
    if (found == KPS_CONFIG_KEYS) {
        warn_unknown_key(r, key, names, KPS_COUNT(names));
    } else if (found == KPS_CONFIG_RULES) {
        read_rules(r, value);
    } else if (found == KPS_CONFIG_NODE_RESERVED_PORTS) {
        read_reserved_ports(r, value);
    } else if (found == KPS_CONFIG_SIDECARS) {
        read_sidecars(r, value);
    } else if (found == KPS_CONFIG_MACHINES) {
        read_machines(r, value);
    } else {
        read_values(r, found, value);
    }
}

static void read_root(struct reading *r, const struct kps_ynode *root)
{
    const struct kps_ynode *map = kps_ynode_resolve(root);
    if (kps_ynode_type(map) == KPS_T_NULL) {
        return; /* only comments */
    }
    if (map->kind != KPS_Y_MAP) {
        (void)add_error(r, root->span, "a configuration is a mapping of keys and not %s",
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
    struct reading r = {.diag = diag, .config = ret, .folder = folder};
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
        (void)add_error(&r, root->span, "a configuration is one document");
    }
    kps_vec_free(&r.places);
    return !r.failed && result != KPS_YAML_ERROR;
}

/* Return: is there an entry of this name? A link that leads nowhere is one: its settings are
 * missed, and reading it says so. */
static bool file_exists(struct kps_arena *arena, const struct kps_fs *fs, struct kps_sv path)
{
    char first;
    const char *name = kps_cstr(arena, path);
    return fs->kind(fs, name) != KPS_FS_NONE || readlink(name, &first, 1) > 0;
}

static bool find_above(struct kps_arena *arena, const struct kps_fs *fs, struct kps_sv cwd,
                       struct kps_sv *ret)
{
    static const struct kps_sv names[] = {SV_LIT(".kportscan.yaml"), SV_LIT(".kportscan.yml")};
    for (struct kps_sv folder = cwd;; folder = kps_path_dir(arena, folder)) {
        for (size_t i = 0; i < KPS_COUNT(names); i++) {
            struct kps_sv path = kps_path_join(arena, folder, names[i]);
            if (file_exists(arena, fs, path)) {
                *ret = path;
                return true;
            }
        }
        bool is_root =
            folder.n <= 1 || file_exists(arena, fs, kps_path_join(arena, folder, SV(".git")));
        if (is_root) {
            return false;
        }
    }
}

bool kps_config_find(struct kps_arena *arena, const struct kps_fs *fs, struct kps_sv cwd,
                     const struct kps_env *env, struct kps_sv *ret)
{
    if (find_above(arena, fs, cwd, ret)) {
        return true;
    }
    struct kps_sv home = kps_env_or_empty(env, "HOME");
    struct kps_sv base = kps_env_or_empty(env, "XDG_CONFIG_HOME");
    if (!kps_sv_has_head(base, "/")) { /* the specification ignores a relative path */
        base = kps_sv_has_head(home, "/") ? kps_path_join(arena, home, SV(".config")) : SV("");
    }
    if (base.n == 0) {
        return false;
    }
    struct kps_sv path = kps_path_join(arena, base, SV("kportscan/config.yaml"));
    if (!file_exists(arena, fs, path)) {
        return false;
    }
    *ret = path;
    return true;
}

/*
 * Return: could another user have put the file there to change what this user sees? True for a file
 * in a folder above `cwd` that belongs neither to this user, nor to root, nor to the owner of `cwd`
 * (a checkout of another user as a whole, as in the container of a CI job).
 */
static bool is_foreign(struct kps_arena *arena, struct kps_sv path, struct kps_sv cwd)
{
    struct stat file;
    struct stat here;
    if (kps_sv_eq(kps_path_dir(arena, path), cwd) || stat(kps_cstr(arena, path), &file) != 0 ||
        stat(kps_cstr(arena, cwd), &here) != 0) {
        return false;
    }
    return file.st_uid != geteuid() && file.st_uid != 0 && file.st_uid != here.st_uid;
}

bool kps_config_locate(struct kps_diag *diag, const struct kps_fs *fs, struct kps_sv cwd,
                       const struct kps_env *env, struct kps_sv *path)
{
    if (path->n) {
        *path = kps_path_join(diag->arena, cwd, *path);
        return true;
    }
    if (!kps_config_find(diag->arena, fs, cwd, env, path)) {
        return false;
    }
    if (is_foreign(diag->arena, *path, cwd)) {
        struct kps_sv shown = kps_path_relative(diag->arena, cwd, *path);
        (void)kps_diag_add(diag, KPS_RULE_SCAN_INCOMPLETE, KPS_NOTE, 0,
                           "the settings in '%.*s' belong to another user and are not applied: "
                           "--config applies them, --no-config ends this message",
                           SV_ARG(shown));
        return false;
    }
    return true;
}
