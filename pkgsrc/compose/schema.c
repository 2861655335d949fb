#include "compose/schema.h"

#include <string.h>

#include "base/compiler.h"
#include "compose/project.h"
#include "compose/schema_formats.h"

/*
 * How this works. SERVICE has each key of a service, ':' and the types of its value; a line of
 * OBJECTS begins with the name of an object and has the same of it. A type is a letter or a
 * bracket:
 *
 *   s string   t boolean   n number   o null   v any of them   ? any value at all
 *   {name} the object of that line      (a|b) one of these words
 *   b boolean, i integer, u integer from 0 on, f number or integer, g the same from 0 on: also as a
 *   string, which is cast
 *   j integer, l integer from 0 on, m number from 0 on: not as a string
 *   r number, also as a string      y integer, w the same from 0 on, z number, x neither: also as a
 *   size ("1g")
 *   a integer or "all"   d duration   c condition of depends_on   p pull policy   k container name
 *   q type of a mount   e "KEY=VALUE"   h "HOST=ADDRESS" or "HOST:ADDRESS"
 *
 * Types after '-' are those of the items of a list; '=' is a list without duplicates, '#' the list
 * of a health check. Types after '*' are those of the values of a mapping with free keys. '!'
 * before the types marks a key that must be there, '^' a key that 2.26 refuses and newer Compose
 * knows, '~' a key that Debian's 2.26.1 knows as well (it is built with a younger compose-go), '+'
 * a key that 2.40 refuses, too. Source: the union of compose-go's schema/compose-spec.json in 2.26
 * and 2.40, and its casts (loader/interpolate.go), held against `docker compose config` of both
 * with 30 values for each key.
 */
static const char SERVICE[] =
    " annotations:-s*v attach:b blkio_config:{blkio} build:s{build} command:os-s "
    "container_name:k cap_add:-s cap_drop:-s cgroup:(host|private) cgroup_parent:s "
    "configs:-s{mounted_source} cpu_count:u cpu_percent:u cpu_period:f cpu_quota:f "
    "cpu_rt_period:f cpu_rt_runtime:f cpu_shares:f cpus:r cpuset:s credential_spec:{credential} "
    "depends_on:=s*{dependency} deploy:o{deploy} develop:o{develop} device_cgroup_rules:=s "
    "devices:-s{device} dns:s-s dns_opt:-s dns_search:s-s domainname:s environment:-s*v "
    "entrypoint:os-s env_file:s-s{env_file} expose:-si extends:s*? external_links:=s "
    "extra_hosts:=h*s-s gpus:~(all)-{gpu} group_add:=sn healthcheck:{healthcheck} hostname:s "
    "image:s init:b ipc:s isolation:s labels:-s*v label_file:~s-s links:-s logging:{logging} "
    "mac_address:s mem_limit:z mem_reservation:y mem_swappiness:y memswap_limit:z "
    "models:^=s*o{service_model} networks:=s*o{service_network} network_mode:s "
    "oom_kill_disable:b oom_score_adj:i ports:? pid:s pids_limit:f platform:s "
    "post_start:~-{hook} pre_start:+? pre_stop:~-{hook} privileged:b profiles:-s "
    "provider:^{provider} pull_policy:p pull_refresh_after:^s restart:s read_only:b runtime:s "
    "scale:si secrets:-s{mounted_source} security_opt:=s shm_size:z stdin_open:b "
    "stop_grace_period:d stop_signal:s storage_opt:*ons sysctls:-s*v tmpfs:s-s tty:b "
    "ulimits:*i{ulimit} use_api_socket:^t user:s userns_mode:s uts:s volumes:-s{mount} "
    "volumes_from:=s working_dir:s ";
static const char OBJECTS[] =
    "blkio device_read_bps:-{device_rate} device_read_iops:-{device_rate} "
    "device_write_bps:-{device_rate} device_write_iops:-{device_rate} weight:l "
    "weight_device:-{device_weight} \n"
    "device_rate path:s rate:y \n"
    "device_weight path:s weight:l \n"
    "build additional_contexts:-e*s args:-s*v cache_from:-s cache_to:-s context:s dockerfile:s "
    "dockerfile_inline:s entitlements:-s extra_hosts:=h*s-s isolation:s labels:-s*v network:s "
    "no_cache:b platforms:-s privileged:b provenance:^st pull:b sbom:^st "
    "secrets:-s{mounted_source} shm_size:y ssh:=(default)e*v tags:-s target:s "
    "ulimits:*i{build_ulimit} \n"
    "build_ulimit hard:!j soft:!j \n"
    "mounted_source gid:s mode:i source:s target:s uid:s \n"
    "credential config:s file:s registry:s \n"
    "dependency condition:!c required:t restart:b \n"
    "deploy endpoint_mode:s labels:-s*v mode:s placement:{placement} replicas:nst-?*? "
    "resources:{resources} restart_policy:{restart} rollback_config:{update} "
    "update_config:{update} \n"
    "develop watch:-{watch} \n"
    "device permissions:s source:!s target:!s \n"
    "env_file format:s path:!s required:b \n"
    "gpu capabilities:-s count:a device_ids:-s driver:s options:=s*v \n"
    "healthcheck disable:b interval:d retries:g start_interval:d start_period:d test:s#s "
    "timeout:d \n"
    "logging driver:s options:*ons \n"
    "service_model endpoint_var:s model_var:s \n"
    "service_network aliases:-s driver_opts:*ns gw_priority:n interface_name:^s ipv4_address:s "
    "ipv6_address:s link_local_ips:-s mac_address:s priority:n \n"
    "ulimit hard:!i soft:!i \n"
    "mount bind:{bind} consistency:s image:^{mounted_image} read_only:b source:s target:!s "
    "tmpfs:{tmpfs} type:!q volume:{mounted_volume} \n"
    "hook command:!os-s environment:=s*v privileged:b user:s working_dir:s \n"
    "provider options:*tns-? type:!s \n"
    "placement constraints:-s max_replicas_per_node:u preferences:-{preference} \n"
    "resources limits:{limits} reservations:{reservations} \n"
    "restart condition:s delay:d max_attempts:u window:d \n"
    "update delay:d failure_action:s max_failure_ratio:r monitor:d "
    "order:(start-first|stop-first) parallelism:u \n"
    "preference spread:s \n"
    "limits cpus:r memory:x pids:i \n"
    "reservations cpus:r devices:-{reserved_device} generic_resources:-{generic} memory:x \n"
    "reserved_device capabilities:!=s count:a device_ids:=s driver:s options:=s*v \n"
    "generic discrete_resource_spec:{discrete} \n"
    "discrete kind:s value:sn \n"
    "watch action:!(rebuild|sync|restart|sync+restart|sync+exec) exec:{hook} ignore:s=s "
    "include:^s=s initial_sync:^t path:!s target:s \n"
    "bind create_host_path:b propagation:s recursive:(enabled|disabled|writable|readonly) "
    "selinux:(z|Z) \n"
    "tmpfs mode:m size:w \n"
    "mounted_volume labels:^=s*v nocopy:b subpath:s \n"
    "mounted_image subpath:s \n"
    "root configs:*{config} include:? models:^*{model} name:s networks:*o{network} "
    "secrets:*{secret} services:? version:s volumes:*o{volume} \n"
    "config content:s environment:s external:b*? file:s labels:=s*v name:s template_driver:s \n"
    "secret driver:s driver_opts:*ns environment:s external:b*? file:s labels:=s*v name:s "
    "template_driver:s \n"
    "model context_size:j model:!s name:s runtime_flags:-s \n"
    "network attachable:b driver:s driver_opts:*ns enable_ipv4:b enable_ipv6:b "
    "external:b{external} internal:b ipam:{ipam} labels:-s*v name:s \n"
    "external name:s \n"
    "ipam config:-{subnet} driver:s options:*s \n"
    "subnet aux_addresses:*s gateway:s ip_range:s subnet:s \n"
    "volume driver:s driver_opts:*ns external:b{external} labels:=s*v name:s ";

static bool is_mark(char letter)
{
    return letter == '-' || letter == '=' || letter == '#' || letter == '*';
}

/*
 * Take the next type before a mark: a letter, or a bracket with all up to its end. Return: false at
 * a mark and at the end.
 */
static bool next_type(struct kps_sv *types, struct kps_sv *ret)
{
    if (types->n == 0 || is_mark(types->p[0])) {
        return false;
    }
    size_t length = 1;
    if (types->p[0] == '{' || types->p[0] == '(') {
        length += kps_sv_find(*types, types->p[0] == '{' ? '}' : ')');
    }
    *ret = kps_sv_head(*types, length);
    *types = kps_sv_from(*types, length);
    return true;
}

/* Return what stands between the brackets of a type. */
static struct kps_sv trim_brackets(struct kps_sv type)
{
    return kps_sv_slice(type, 1, type.n - 1);
}

/* Return: is the text one of the words of a type "(a|b)"? */
static bool is_word_of(struct kps_sv type, struct kps_sv text)
{
    struct kps_sv words = trim_brackets(type);
    struct kps_sv word;
    while (kps_sv_next(&words, '|', &word)) {
        if (kps_sv_eq(word, text)) {
            return true;
        }
    }
    return false;
}

/* The place of a value in the model. The first place is the service, or the root without a name. */
struct place {
    const struct place *up;
    struct kps_sv key;
    struct kps_span span; /* of the key, or of the item of a list */
};

/* Return words for a place: "'tty' of 'web'", "'networks.lan.driver'". */
static struct kps_sv describe_place(struct kps_arena *arena, const struct place *at)
{
    struct kps_sv path = at->key;
    for (; at->up && at->up->up; at = at->up) {
        path = kps_fmt(arena, "%.*s.%.*s", SV_ARG(at->up->key), SV_ARG(path));
    }
    return at->up && at->up->key.n
               ? kps_fmt(arena, "'%.*s' of '%.*s'", SV_ARG(path), SV_ARG(at->up->key))
               : kps_fmt(arena, "'%.*s'", SV_ARG(path));
}

/* Add a finding: "PLACE WHAT 'TEXT'"; `said` is the message of Compose. */
static struct kps_finding *add_refusal(const struct kps_compose_schema *s, const struct place *at,
                                       struct kps_span span, const char *said, const char *what,
                                       struct kps_sv text)
{
    const char *place = describe_place(s->diag->arena, at).p;
    struct kps_finding *finding =
        kps_diag_add_here(s->diag, KPS_RULE_COMPOSE_REFUSED, KPS_NOTE, span, "%s %s '%.*s'", place,
                          what, SV_ARG(text));
    finding->up_error = kps_sv_of(said);
    return finding;
}

static void refuse_type(const struct kps_compose_schema *s, const struct place *at,
                        enum kps_ytype type)
{
    (void)kps_diag_add_here(s->diag, KPS_RULE_COMPOSE_REFUSED, KPS_NOTE, at->span,
                            "%s cannot be %s", describe_place(s->diag->arena, at).p,
                            kps_ynode_type_name(type));
}

/* Return: do the numbers of a letter begin at 0? */
static bool is_from_zero(char letter)
{
    return strchr("uglmw", letter) != NULL;
}

/* Return the types of a scalar that a letter allows, as bits by enum kps_ytype. */
static unsigned types_of(char letter)
{
    unsigned is_null = letter == 'o';
    unsigned is_bool = letter == 'b' || letter == 't';
    unsigned is_integer = strchr("aiuyjlwmnfgrz", letter) != NULL;
    unsigned is_number = strchr("mnfgrz", letter) != NULL;
    unsigned is_text = !strchr("otnjlm{", letter);
    return is_null << KPS_T_NULL | is_bool << KPS_T_BOOL | is_integer << KPS_T_INT |
           is_number << KPS_T_FLOAT | is_text << KPS_T_STR;
}

/* Return "must be 'a', 'b' or 'c', this is" for a type "(a|b|c)". */
static const char *describe_words(struct kps_arena *arena, struct kps_sv type)
{
    struct kps_sv words = trim_brackets(type);
    struct kps_sv text = {"", 0};
    struct kps_sv word;
    while (kps_sv_next(&words, '|', &word)) {
        const char *comma = words.n ? ", " : " or ";
        text = kps_fmt(arena, "%.*s%s'%.*s'", SV_ARG(text), text.n ? comma : "", SV_ARG(word));
    }
    return kps_fmt(arena, "must be %.*s, this is", SV_ARG(text)).p;
}

/* Report a value that does not fit the last of its types that its kind allows. */
static void report_format(const struct kps_compose_schema *s, const struct place *at,
                          const struct kps_ynode *node, struct kps_sv type)
{
    static const struct {
        char letters[8], what[24], said[32];
    } formats[] = {
        {"b", "is no boolean:", "failed to cast to expected type"},
        {"wxyz", "is no size:", "invalid size"},
        {"d", "is no duration:", "invalid duration"},
        {"c", "is no condition:", "must be one of"},
        {"p", "is no pull policy:", "must be one of"},
        {"k", "is no container name:", "does not match pattern"},
        {"q", "is no type of a mount:", "must be one of"},
        {"e", "has no '=':", "invalid"},
        {"h", "has no address:", "missing IP"},
        {"aiufgr", "is no number:", "failed to cast to expected type"},
    };
    size_t i = 0;
    while (i + 1 < KPS_COUNT(formats) && !strchr(formats[i].letters, type.p[0])) {
        i++;
    }
    const char *what = formats[i].what;
    const char *said = formats[i].said;
    struct kps_sv text = kps_ynode_text(node);
    if (type.p[0] == '(') {
        what = describe_words(s->diag->arena, type);
        said = "must be one of";
    } else if (is_from_zero(type.p[0]) && kps_compose_schema_formats_fit('i', text, s->version)) {
        what = "is below 0:";
        said = "overflows uint";
    }
    struct kps_finding *finding = add_refusal(s, at, node->span, said, what, text);
    const struct kps_value *value = kps_compose_loader_value(node);
    if (value && value->n_unset) {
        kps_finding_help(finding, "set variable '%.*s', which has no value",
                         SV_ARG(value->unset[0].name));
    }
}

/* Return: does Compose read the format of a value in the merged project alone? */
static bool is_read_last(const struct place *at, char letter)
{
    bool is_limit = at->up && at->up->up && kps_sv_is(at->key, "cpus");
    return strchr("wxyzdeh", letter) || (letter == 'r' && is_limit);
}

/* Check a scalar against its types, up to a mark. */
static void check_scalar(const struct kps_compose_schema *s, const struct place *at,
                         const struct kps_ynode *node, struct kps_sv types)
{
    const struct kps_value *value = kps_compose_loader_value(node);
    if (types.p[0] == 'v' || (value && value->status != KPS_INTERPOLATED)) {
        return;
    }
    enum kps_ytype type = kps_ynode_type(node);
    struct kps_sv text = kps_ynode_text(node);
    struct kps_sv failed = {"", 0};
    struct kps_sv allowed;
    if (s->is_replaced && type == KPS_T_STR && kps_sv_is_one_of(at->key, "scale replicas")) {
        types = SV("i"); /* of the merged project check.c reports the number */
    }
    while (next_type(&types, &allowed)) {
        char letter = allowed.p[0];
        if (letter == 's' && type == KPS_T_STR) {
            return;
        }
        if (!(types_of(letter) & 1U << type)) {
            continue;
        }
        if (s->is_replaced && is_read_last(at, letter)) {
            return;
        }
        bool is_below_0 = !s->is_replaced && is_from_zero(letter) && kps_sv_has_head(text, "-");
        bool fits = letter == '(' ? is_word_of(allowed, text)
                                  : kps_compose_schema_formats_fit(letter, text, s->version);
        if (!is_below_0 && (type != KPS_T_STR || fits)) {
            return;
        }
        failed = allowed;
    }
    if (failed.n) {
        report_format(s, at, node, failed);
    } else {
        refuse_type(s, at, type);
    }
}

/* Return the line of an object: " KEY:TYPES KEY:TYPES ". */
static struct kps_sv find_object(struct kps_sv name)
{
    struct kps_sv line = {"", 0};
    struct kps_sv rest = {OBJECTS, sizeof(OBJECTS) - 1};
    while (kps_sv_next(&rest, '\n', &line) && !kps_sv_eq(kps_sv_before(line, ' '), name)) {
    }
    return kps_sv_from(line, name.n);
}

/* Return the types of a key in the line of an object; empty: no such key. */
static struct kps_sv find_types(struct kps_sv object, struct kps_sv key)
{
    char needle[32] = " ";
    if (key.n == 0 || key.n + 2 > sizeof(needle)) {
        return (struct kps_sv){"", 0};
    }
    memcpy(needle + 1, key.p, key.n);
    needle[key.n + 1] = ':';
    const char *found = memmem(object.p, object.n, needle, key.n + 2);
    size_t at = found ? (size_t)(found - object.p) + key.n + 2 : object.n;
    return kps_sv_before(kps_sv_from(object, at), ' ');
}

bool kps_compose_schema_is_service_key(struct kps_sv name)
{
    return find_types((struct kps_sv){SERVICE, sizeof(SERVICE) - 1}, name).n ||
           kps_sv_has_head(name, "x-") || kps_sv_is(name, "<<");
}

bool kps_compose_schema_is_root_key(struct kps_sv name)
{
    return find_types(find_object(SV("root")), name).n || kps_sv_has_head(name, "x-");
}

/* Find the same for a service, whose keys are many: `starts` has the first of each letter. */
static struct kps_sv find_service_types(struct kps_compose_schema *s, struct kps_sv key)
{
    if (s->line.n == 0) {
        s->line = (struct kps_sv){SERVICE, sizeof(SERVICE) - 1};
        for (size_t i = s->line.n - 1; i > 0; i--) {
            if (s->line.p[i - 1] == ' ') {
                s->starts[s->line.p[i] - 'a'] = (uint16_t)i;
            }
        }
    }
    struct kps_sv line = s->line;
    bool is_lower = key.n && key.p[0] >= 'a' && key.p[0] <= 'z';
    struct kps_sv rest = kps_sv_from(line, is_lower ? s->starts[key.p[0] - 'a'] : line.n);
    while (rest.n && rest.p[0] == key.p[0]) {
        if (rest.n > key.n && rest.p[key.n] == ':' && memcmp(rest.p, key.p, key.n) == 0) {
            return kps_sv_before(kps_sv_from(rest, key.n + 1), ' ');
        }
        rest = kps_sv_from(rest, kps_sv_find(rest, ' ') + 1);
    }
    return (struct kps_sv){"", 0};
}

static void check_value(struct kps_compose_schema *s, const struct place *at,
                        const struct kps_ynode *node, struct kps_sv types);

static bool is_text_key(const struct kps_ynode *key)
{
    bool is_word = key->n > 5 && kps_is_alpha(key->text[0]); /* longer than "false" */
    return is_word || kps_ynode_type(key) == KPS_T_STR;
}

static void check_key(struct kps_compose_schema *s, const struct place *at,
                      const struct kps_yedge *edge, struct kps_sv types)
{
    struct place below = {at, kps_ynode_text(edge->key), edge->key->span};
    if (!is_text_key(edge->key)) {
        (void)add_refusal(s, at, below.span, "non-string key",
                          "has a key that is not a string:", below.key);
    }
    char mark = types.p[0];
    if (strchr("^~+", mark)) {
        (void)kps_diag_add_here(s->diag, KPS_RULE_COMPOSE_VERSION_DIFFERS, KPS_NOTE, below.span,
                                "'%.*s' needs a Compose newer than %s, which refuses it%s",
                                SV_ARG(below.key), mark == '+' ? "2.40" : "2.26",
                                mark == '~' ? "; Debian's 2.26.1 takes it" : "");
    }
    types = kps_sv_from(types, strchr("^~+!", mark) != NULL);
    bool is_section = !at->up && !at->key.n && types.p[0] == '*';
    if (is_section && kps_ynode_resolve(edge->val)->kind != KPS_Y_MAP) {
        return; /* reported by the loader */
    }
    check_value(s, &below, edge->val, types);
}

static void report_unknown_key(const struct kps_compose_schema *s, const struct place *at,
                               const struct kps_ynode *key_node)
{
    struct kps_arena *arena = s->diag->arena;
    struct kps_sv key = kps_ynode_text(key_node);
    bool is_service = !at->up && at->key.n;
    struct kps_sv of = is_service ? SV("a service") : SV("a Compose file");
    if (at->up) {
        of = describe_place(arena, at);
    }
    kps_diag_add_here(s->diag, KPS_RULE_COMPOSE_REFUSED, KPS_NOTE, key_node->span,
                      "'%.*s' is no key of %.*s", SV_ARG(key), SV_ARG(of))
        ->up_error =
        kps_fmt(arena, "%s%.*s%sAdditional property %.*s is not allowed",
                is_service ? "services." : "", SV_ARG(at->key), is_service ? " " : "", SV_ARG(key));
}

/* Check the keys of an object by its line; empty: a service. */
static void check_object(struct kps_compose_schema *s, const struct place *at,
                         const struct kps_ynode *node, struct kps_sv object)
{
    for (uint32_t i = 0; i < node->n; i++) {
        const struct kps_ynode *key = node->edges[i].key;
        struct kps_sv text = kps_ynode_text(key);
        struct kps_sv types = object.n ? find_types(object, text) : find_service_types(s, text);
        if (types.n) {
            check_key(s, at, &node->edges[i], types);
        } else if (!kps_sv_has_head(text, "x-")) {
            report_unknown_key(s, at, key);
        }
    }
    struct kps_sv word;
    bool has_required = at->up && kps_sv_find(object, '!') < object.n;
    while (has_required && kps_sv_next(&object, ' ', &word)) {
        struct kps_sv name = kps_sv_before(word, ':');
        if (name.n + 1 < word.n && word.p[name.n + 1] == '!' && !kps_ynode_edge(node, name)) {
            (void)add_refusal(s, at, at->span, "is required", "has no", name);
        }
    }
}

/* Report the first item of a list that an earlier item equals. */
static void check_unique(const struct kps_compose_schema *s, const struct place *at,
                         const struct kps_ynode *list)
{
    struct kps_map seen = {0};
    for (uint32_t i = 0; i < list->n && list->n > 1; i++) {
        const struct kps_ynode *item = kps_ynode_item(list, i);
        uint32_t first = i;
        if (item->kind == KPS_Y_SCALAR) {
            first = *kps_map_put(&seen, s->diag->arena, kps_ynode_text(item), i);
        }
        if (first != i && kps_ynode_type(item) == kps_ynode_type(kps_ynode_item(list, first))) {
            (void)add_refusal(s, at, item->span, "items are equal",
                              "has an item twice:", kps_ynode_text(item));
            return;
        }
    }
}

static void check_list(struct kps_compose_schema *s, const struct place *at,
                       const struct kps_ynode *list, struct kps_sv types)
{
    for (uint32_t i = 0; i < list->n && types.p[1] != '?'; i++) {
        const struct kps_ynode *item = kps_ynode_item(list, i);
        if (types.p[1] == 's' && kps_ynode_type(item) == KPS_T_STR) {
            continue;
        }
        struct place below = *at;
        below.span = item->span.len ? item->span : at->span;
        check_value(s, &below, item, kps_sv_from(types, 1));
    }
    if (types.p[0] == '=') {
        check_unique(s, at, list);
    }
    struct kps_sv first = list->n ? kps_ynode_text(kps_ynode_item(list, 0)) : SV("NONE");
    if (types.p[0] == '#' && !s->is_replaced && !kps_sv_is_one_of(first, "CMD CMD-SHELL NONE")) {
        (void)add_refusal(s, at, at->span, "healthcheck.test must start either by \"CMD\"",
                          "must start with CMD, CMD-SHELL or NONE, this is", first);
    }
}

static void check_mapping(struct kps_compose_schema *s, const struct place *at,
                          const struct kps_ynode *map, struct kps_sv types)
{
    size_t star = kps_sv_find(types, '*');
    struct kps_sv rest = types;
    struct kps_sv type;
    while (star == types.n && next_type(&rest, &type)) {
        if (type.p[0] == '{') {
            check_object(s, at, map, find_object(trim_brackets(type)));
            return;
        }
    }
    struct kps_sv below = kps_sv_from(types, star + (star < types.n));
    for (uint32_t i = 0; i < map->n && below.n && below.p[0] != '?'; i++) {
        const struct kps_yedge *edge = &map->edges[i];
        bool is_any = below.p[0] == 'v' && edge->val->kind == KPS_Y_SCALAR;
        if (!is_any || !is_text_key(edge->key)) {
            check_key(s, at, edge, below);
        }
    }
    if (below.n == 0) {
        refuse_type(s, at, KPS_T_MAP);
    }
}

static void check_value(struct kps_compose_schema *s, const struct place *at,
                        const struct kps_ynode *node, struct kps_sv types)
{
    node = kps_ynode_resolve(node);
    if (types.p[0] == '?' || node->span.file == 0) { /* 0: of a merge, not of a file */
        return;
    }
    if (node->kind == KPS_Y_SCALAR) {
        check_scalar(s, at, node, types);
        return;
    }
    if (node->kind == KPS_Y_MAP) {
        check_mapping(s, at, node, types);
        return;
    }
    types = kps_sv_before(types, '*');
    struct kps_sv type;
    while (next_type(&types, &type)) {
    }
    if (types.n) {
        check_list(s, at, node, types);
    } else {
        refuse_type(s, at, KPS_T_SEQ);
    }
}

void kps_compose_schema_check_service(struct kps_compose_schema *schema, struct kps_sv name,
                                      const struct kps_ynode *service)
{
    struct place at = {.key = name};
    check_object(schema, &at, service, (struct kps_sv){"", 0});
}

/*
 * Return: does a secret name no source, although a key is there? A file counts even with an empty
 * path, a variable does not (compose-go loader/validate.go).
 */
static bool is_secret_without_source(const struct kps_ynode *secret)
{
    const struct kps_ynode *external = kps_ynode_field(secret, "external");
    return secret->kind == KPS_Y_MAP && !kps_compose_is_true(external) &&
           !(external && external->kind == KPS_Y_MAP) && !kps_ynode_field(secret, "file") &&
           !kps_ynode_text(kps_ynode_field(secret, "environment")).n;
}

/*
 * Check the sources of secrets and configs: one is needed, two are too many. `external` asks for
 * none.
 */
static void check_sources(const struct kps_compose_schema *s, const struct kps_ynode *resources,
                          const char *sources, bool are_secrets)
{
    for (uint32_t i = 0; i < kps_ynode_count(resources, KPS_Y_MAP); i++) {
        const struct kps_ynode *resource = kps_ynode_item(resources, i);
        uint32_t n = 0;
        for (uint32_t k = 0; k < kps_ynode_count(resource, KPS_Y_MAP); k++) {
            n += kps_sv_is_one_of(kps_ynode_text(resource->edges[k].key), sources);
        }
        bool is_bare = are_secrets && n < 2 && is_secret_without_source(resource);
        n = is_bare ? 0 : n;
        if (resource->kind != KPS_Y_MAP || n == 1 ||
            (kps_ynode_field(resource, "external") && !is_bare)) {
            continue;
        }
        struct place at = {.key = kps_ynode_text(resources->edges[i].key)};
        const char *lacks = is_bare && resource->n ? "must declare either" : "must be set";
        (void)add_refusal(s, &at, resources->edges[i].key->span,
                          n ? "attributes are mutually exclusive" : lacks,
                          n ? "has more than one of" : "needs one of", kps_sv_of(sources));
    }
}

/* Check that an external volume has no key of a volume to make. */
static void check_volumes(const struct kps_compose_schema *s, const struct kps_ynode *volumes)
{
    for (uint32_t i = 0; i < kps_ynode_count(volumes, KPS_Y_MAP); i++) {
        const struct kps_ynode *volume = kps_ynode_item(volumes, i);
        const struct kps_ynode *external = kps_ynode_field(volume, "external");
        if (!kps_compose_is_true(external)) {
            continue;
        }
        for (uint32_t k = 0; k < volume->n; k++) {
            struct kps_sv key = kps_ynode_text(volume->edges[k].key);
            if (kps_sv_is_one_of(key, "driver driver_opts labels")) {
                struct place at = {.key = kps_ynode_text(volumes->edges[i].key)};
                (void)add_refusal(s, &at, volume->edges[k].key->span,
                                  "conflicting parameters \"external\"",
                                  "is external and cannot have", key);
            }
        }
    }
}

void kps_compose_schema_check_root(struct kps_compose_schema *schema, const struct kps_ynode *root)
{
    struct place at = {.key = {"", 0}};
    check_object(schema, &at, root, find_object(SV("root")));
    if (schema->is_replaced) {
        return;
    }
    check_sources(schema, kps_ynode_field(root, "secrets"), "file environment", true);
    check_sources(schema, kps_ynode_field(root, "configs"), "file environment content", false);
    check_volumes(schema, kps_ynode_field(root, "volumes"));
}
