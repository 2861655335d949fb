#include "assign/assign_plan.h"

#include <errno.h>
#include <string.h>

#include "advice/owner.h"
#include "advice/owner_words.h"
#include "base/buf.h"
#include "base/path.h"
#include "core/port_set.h"
#include "core/suggest.h"
#include "sys/probe.h"

enum { FIRST_UNPRIVILEGED = 1024, MOST_NOTES = 16 };

/* A variable or a port that gets a number. */
struct unit {
    struct kps_assigned out;
    struct kps_sv key;
    kps_claim_id first_claim, last_claim; /* a list, by plan.next_claim */
    const struct kps_service_port *entry; /* without a variable: the port */
    bool is_set;  /* the environment, or an override file of ours, gives the number */
    bool is_ours; /* an override file of ours gives it */
};

struct plan {
    const struct kps_assign_input *input;
    const struct kps_ledger *ledger;
    struct kps_arena *arena;
    struct unit *units;
    size_t n_units;
    struct kps_map by_variable, by_entry; /* indexes of units */
    struct kps_map n_of_key;              /* units of a kind, by key */
    kps_claim_id *next_claim;             /* by claim: the next one of its unit, or 0 */
    kps_claim_id *others; /* live claims on this machine that are not the project's */
    size_t n_others;
    struct kps_port_set *taken;     /* not for a new number */
    struct kps_port_set *held_here; /* bound for this project, so a trial bind would fail */
    bool is_untried;                /* the kernel lacks the protocol of a port (sctp) */
};

static const struct kps_project *project_of(const struct kps_owner *owner)
{
    const struct kps_service_facts *facts = kps_compose_claims_facts(owner);
    return facts ? facts->project : NULL;
}

/* Return: whether the claim is the project's: of a service, its container, or a socket of those. */
static bool is_own(const struct plan *p, const struct kps_claim *claim)
{
    const struct kps_owner *owner = kps_ledger_get_owner(p->ledger, claim->owner);
    const struct kps_owner *tenant = kps_ledger_get_owner(p->ledger, owner->tenant);
    if (project_of(tenant) != p->input->project) {
        return false;
    }
    kps_owner_id id = kps_owner_container(p->ledger, claim->owner);
    const struct kps_container_facts *container =
        id ? kps_container_facts_of(kps_ledger_get_owner(p->ledger, id)) : NULL;
    return !container || container->compose_working_dir.n == 0 ||
           p->input->is_same_folder(container->compose_working_dir, p->input->project->directory);
}

static bool is_on_host(const struct plan *p, const struct kps_claim *claim)
{
    return kps_claim_is_live(claim) &&
           kps_ledger_get_netns(p->ledger, claim->netns)->kind == KPS_NETNS_HOST;
}

/* Return: whether the claim is a published port of the project, which a file can move. */
static bool is_movable(const struct plan *p, const struct kps_claim *claim)
{
    return is_on_host(p, claim) && claim->basis == KPS_REQUESTED &&
           !(claim->flags & KPS_CLAIM_DERIVED) &&
           project_of(kps_ledger_get_owner(p->ledger, claim->owner)) == p->input->project &&
           kps_compose_claims_port_of(p->ledger, claim);
}

/* Return: whether the file at the port's place was written by --assign. */
static bool is_our_file(const struct plan *p, const struct kps_service_port *entry)
{
    struct kps_sv mark = kps_sv_of(kps_assignment_mark);
    return entry->span.file &&
           kps_sv_starts(kps_files_get(&p->ledger->diag->files, entry->span.file)->bytes, mark);
}

/* Return: whether the claim's port comes from the variable's value, not from a default. */
static bool has_value(const struct plan *p, const struct kps_claim *claim, struct kps_sv variable)
{
    const struct kps_origins *origins = &p->ledger->diag->origins;
    for (kps_origin_id at = claim->origin; at; at = kps_origins_up(origins, at)) {
        const struct kps_origin origin = kps_origins_get(origins, at);
        if (origin.step == KPS_STEP_VARIABLE && kps_sv_eq(origin.what, variable)) {
            return true;
        }
    }
    return false;
}

/* Return: "web/80/tcp", with "#2" for a second port of this kind. */
static struct kps_sv make_key(struct plan *p, const struct kps_owner *owner,
                              const struct kps_service_port *entry)
{
    struct kps_sv key = kps_fmt(p->arena, "%.*s/%u/%s", SV_ARG(owner->ties->name),
                                entry->port.target_first, kps_protocol_name(entry->port.protocol));
    uint32_t *n = kps_map_put(&p->n_of_key, p->arena, key, 0);
    return ++*n == 1 ? key : kps_fmt(p->arena, "%.*s#%u", SV_ARG(key), *n);
}

/* Return: the key of an entry in plan.by_entry; valid as long as the variable `*entry`. */
static struct kps_sv entry_key(const struct kps_service_port *const *entry)
{
    return (struct kps_sv){(const char *)entry, sizeof(*entry)};
}

static struct unit *find_unit(const struct plan *p, const struct kps_service_port *entry)
{
    uint32_t at =
        kps_compose_project_extra(entry)->variable.n
            ? kps_map_get(&p->by_variable, kps_compose_project_extra(entry)->variable, UINT32_MAX)
            : kps_map_get(&p->by_entry, entry_key(&entry), UINT32_MAX);
    return at == UINT32_MAX ? NULL : &p->units[at];
}

static void index_unit(struct plan *p, const struct kps_service_port *entry)
{
    uint32_t at = (uint32_t)p->n_units;
    if (kps_compose_project_extra(entry)->variable.n) {
        (void)kps_map_put(&p->by_variable, p->arena, kps_compose_project_extra(entry)->variable,
                          at);
    } else {
        struct kps_sv key = kps_sv_copy(p->arena, entry_key(&entry));
        (void)kps_map_put(&p->by_entry, p->arena, key, at);
    }
}

static void add_claim(struct plan *p, kps_claim_id id)
{
    const struct kps_claim *claim = kps_ledger_get_claim(p->ledger, id);
    const struct kps_owner *owner = kps_ledger_get_owner(p->ledger, claim->owner);
    const struct kps_service_port *entry = kps_compose_claims_port_of(p->ledger, claim);
    struct unit *unit = find_unit(p, entry);
    struct kps_sv value = {"", 0};
    if (!unit) {
        unit = &p->units[p->n_units];
        unit->out = (struct kps_assigned){.variable = kps_compose_project_extra(entry)->variable,
                                          .service = owner->ties->name,
                                          .old_first = claim->first,
                                          .old_last = claim->last};
        unit->key = kps_compose_project_extra(entry)->variable.n
                        ? kps_compose_project_extra(entry)->variable
                        : make_key(p, owner, entry);
        unit->entry = kps_compose_project_extra(entry)->variable.n ? NULL : entry;
        unit->is_ours = kps_compose_project_extra(entry)->variable.n == 0 && is_our_file(p, entry);
        unit->is_set = kps_compose_project_extra(entry)->variable.n
                           ? has_value(p, claim, kps_compose_project_extra(entry)->variable)
                           : unit->is_ours;
        unit->out.is_in_shell =
            kps_compose_project_extra(entry)->variable.n &&
            kps_env_get(p->input->env, kps_compose_project_extra(entry)->variable, &value);
        index_unit(p, entry);
        p->n_units++;
    }
    if (unit->last_claim) {
        p->next_claim[unit->last_claim] = id;
    } else {
        unit->first_claim = id;
    }
    unit->last_claim = id;
}

/* Return: "container shop-web-1 of ../shop", "node (pid 4711)". */
static struct kps_sv word_holder(const struct plan *p, const struct kps_claim *claim)
{
    kps_owner_id tenant = kps_ledger_get_owner(p->ledger, claim->owner)->tenant;
    kps_owner_id id = kps_owner_container(p->ledger, claim->owner);
    const struct kps_container_facts *container =
        id ? kps_container_facts_of(kps_ledger_get_owner(p->ledger, id)) : NULL;
    struct kps_sv words = kps_owner_words_short(p->arena, p->ledger, id ? id : tenant);
    if (!container || container->compose_working_dir.n == 0) {
        return words;
    }
    struct kps_sv folder = kps_path_climb(p->arena, p->input->cwd, container->compose_working_dir);
    return kps_fmt(p->arena, "%.*s of %.*s", SV_ARG(words), SV_ARG(folder));
}

/* Return: the holder of a claim's ports on this machine, or among the given projects, other than
 * this project; empty: none. */
static struct kps_sv find_holder_here(const struct plan *p, const struct kps_claim *wanted)
{
    const struct kps_claim *best = NULL;
    for (size_t i = 0; i < p->n_others; i++) {
        const struct kps_claim *claim = kps_ledger_get_claim(p->ledger, p->others[i]);
        bool is_stronger = !best || best->basis < claim->basis;
        if (is_stronger && kps_ports_of_claims_meet(wanted, claim)) {
            best = claim;
        }
    }
    return best ? word_holder(p, best) : (struct kps_sv){"", 0};
}

/* Return: the checkout whose files request the claim's ports; empty: none. */
static struct kps_sv find_sibling_holder(const struct plan *p, const struct kps_claim *wanted)
{
    struct kps_ports ports = kps_ports_of(wanted);
    for (size_t i = 0; i < p->input->n_siblings; i++) {
        const struct kps_sibling_port *sibling = &p->input->siblings[i];
        if (kps_ports_meet(&ports, &sibling->ports)) {
            struct kps_sv folder = kps_path_climb(p->arena, p->input->cwd, sibling->folder);
            return kps_fmt(p->arena, "service %.*s of %.*s", SV_ARG(sibling->service),
                           SV_ARG(folder));
        }
    }
    return (struct kps_sv){"", 0};
}

/* Return: whether claims of two units meet, so that both cannot keep their numbers. */
static bool do_units_meet(const struct plan *p, const struct unit *a, const struct unit *b)
{
    for (kps_claim_id i = a->first_claim; i; i = p->next_claim[i]) {
        const struct kps_claim *left = kps_ledger_get_claim(p->ledger, i);
        for (kps_claim_id k = b->first_claim; k; k = p->next_claim[k]) {
            if (kps_ports_of_claims_meet(left, kps_ledger_get_claim(p->ledger, k))) {
                return true;
            }
        }
    }
    return false;
}

/* Return: the holder among the units before: two units of a project on the same port. */
static struct kps_sv find_own_holder(const struct plan *p, const struct unit *unit)
{
    for (const struct unit *other = p->units; other < unit; other++) {
        bool may_meet = other->out.old_first <= unit->out.old_last &&
                        unit->out.old_first <= other->out.old_last;
        if (may_meet && (other->out.stays || p->input->only_checks) &&
            do_units_meet(p, unit, other)) {
            return kps_fmt(p->arena, "service %.*s of this project", SV_ARG(other->out.service));
        }
    }
    return (struct kps_sv){"", 0};
}

static void settle_unit(const struct plan *p, struct unit *unit)
{
    struct kps_sv holder = {"", 0};
    for (kps_claim_id id = unit->first_claim; id && holder.n == 0; id = p->next_claim[id]) {
        const struct kps_claim *claim = kps_ledger_get_claim(p->ledger, id);
        holder = find_holder_here(p, claim);
        if (holder.n == 0 && unit->is_set && !p->input->only_checks) {
            holder = find_sibling_holder(p, claim);
        }
    }
    unit->out.holder = holder.n ? holder : find_own_holder(p, unit);
    unit->out.stays = unit->is_set && unit->out.holder.n == 0;
    if (unit->out.stays) {
        unit->out.first = unit->out.old_first;
        unit->out.last = unit->out.old_last;
    }
}

static void mark_taken(const struct plan *p)
{
    const struct kps_kernel *kernel = p->input->kernel;
    kps_port_set_add(p->taken, 0, FIRST_UNPRIVILEGED - 1);
    size_t n = 0;
    const uint16_t *refused = kps_suggest_refused(&n);
    for (size_t i = 0; i < n; i++) {
        kps_port_set_add(p->taken, refused[i], refused[i]);
    }
    for (size_t i = 0; i < kernel->n_reserved; i++) {
        kps_port_set_add(p->taken, kernel->reserved[i].first, kernel->reserved[i].last);
    }
    if (p->input->is_default_range && kernel->known) {
        kps_port_set_add(p->taken, kernel->ephemeral.first, kernel->ephemeral.last);
    }
    for (uint32_t i = 0; i < p->ledger->claims.n; i++) {
        const struct kps_claim *claim = &p->ledger->claims.v[i];
        if (!is_on_host(p, claim) || is_movable(p, claim)) {
            continue;
        }
        bool is_its_container = claim->basis != KPS_REQUESTED && is_own(p, claim);
        kps_port_set_add(is_its_container ? p->held_here : p->taken, claim->first, claim->last);
    }
    for (size_t i = 0; i < p->input->n_siblings; i++) {
        const struct kps_ports *ports = &p->input->siblings[i].ports;
        kps_port_set_add(p->taken, ports->first, ports->last);
    }
    for (uint32_t i = 0; i < p->input->registry->entries.n; i++) {
        const struct kps_port_registry_entry *entry = &p->input->registry->entries.v[i];
        if (!kps_sv_eq(entry->folder, p->input->project->directory)) {
            kps_port_set_add(p->taken, entry->first, entry->last);
        }
    }
    for (size_t i = 0; i < p->n_units; i++) {
        if (p->units[i].out.stays) {
            kps_port_set_add(p->taken, p->units[i].out.first, p->units[i].out.last);
        }
    }
}

/* Return: whether a trial bind gets the port for every claim of the unit. */
static bool can_bind(struct plan *p, const struct unit *unit, uint32_t port)
{
    if (!p->input->probes || kps_port_set_has(p->held_here, port)) {
        return true;
    }
    for (kps_claim_id id = unit->first_claim; id; id = p->next_claim[id]) {
        const struct kps_claim *claim = kps_ledger_get_claim(p->ledger, id);
        int failed = kps_probe_bind(claim->protocol, &claim->addr, (uint16_t)port);
        if (failed == EADDRINUSE || failed == EACCES) {
            return false;
        }
        p->is_untried |= failed == EPROTONOSUPPORT;
    }
    return true;
}

/* Return: the first of `width` free ports in a row within first..last; 0: there are none. */
static uint32_t find_free(struct plan *p, const struct unit *unit, uint32_t first, uint32_t last,
                          uint32_t width)
{
    const struct kps_port_set *taken = p->taken;
    for (;;) {
        uint32_t found = kps_port_set_find(&taken, 1, first, last, width);
        uint32_t port = found;
        while (found && port < found + width && can_bind(p, unit, port)) {
            port++;
        }
        if (port == found + width || found == 0) {
            return found;
        }
        kps_port_set_add(p->taken, port, port);
        first = port + 1;
    }
}

/* FNV-1a of folder and key: the same start in every run, a different start for each unit. */
static uint32_t hash_unit(struct kps_sv folder, struct kps_sv key)
{
    uint32_t hash = 2166136261U;
    for (size_t i = 0; i < folder.n + key.n; i++) {
        char byte = i < folder.n ? folder.p[i] : key.p[i - folder.n];
        hash = (hash ^ (unsigned char)byte) * 16777619U;
    }
    return hash;
}

static void choose_number(struct plan *p, struct unit *unit)
{
    struct kps_sv folder = p->input->project->directory;
    const struct kps_port_registry_entry *known =
        kps_port_registry_find(p->input->registry, folder, unit->key);
    uint32_t width = (uint32_t)unit->out.old_last - unit->out.old_first + 1;
    uint32_t n_starts = (uint32_t)p->input->range_last - p->input->range_first + 1;
    uint32_t start = hash_unit(folder, unit->key) % n_starts;
    uint32_t first = 0;
    if (known && (uint32_t)known->last - known->first + 1 == width &&
        known->first >= p->input->range_first && known->last <= p->input->range_last) {
        first = find_free(p, unit, known->first, known->last, width);
    }
    for (int i = 0; i < 2 && first == 0; i++) {
        first = find_free(p, unit, p->input->range_first + (i == 0 ? start : 0),
                          p->input->range_last, width);
    }
    if (first) {
        unit->out.first = (uint16_t)first;
        unit->out.last = (uint16_t)(first + width - 1);
        kps_port_set_add(p->taken, first, first + width - 1);
    }
}

/* Return: a port of a service as the override file lists it. */
static struct kps_sv word_entry(const struct plan *p, const struct kps_service_port *entry)
{
    const struct kps_port *port = &entry->port;
    const struct unit *unit = find_unit(p, entry);
    bool is_v6 = kps_sv_find(port->host_ip, ':') < port->host_ip.n;
    struct kps_buf *out = kps_buf_new(p->arena);
    if (port->host_ip.n) {
        kps_buf_fmt(out, is_v6 ? "[%.*s]:" : "%.*s:", SV_ARG(port->host_ip));
    }
    struct kps_sv number = kps_ports_digits(p->arena, port->first, port->last);
    if (unit && unit->out.last) {
        number = kps_ports_digits(p->arena, unit->out.first, unit->out.last);
    }
    if (unit && unit->out.variable.n) {
        kps_buf_fmt(out, "${%.*s:-%.*s}:", SV_ARG(unit->out.variable), SV_ARG(number));
    } else if (port->last) {
        kps_buf_fmt(out, "%.*s:", SV_ARG(number));
    } else if (port->host_ip.n) {
        kps_buf_char(out, ':');
    }
    kps_buf_add(out, kps_ports_digits(p->arena, port->target_first, port->target_last));
    if (port->protocol != KPS_TCP) {
        kps_buf_fmt(out, "/%s", kps_protocol_name(port->protocol));
    }
    return kps_buf_sv(out);
}

/* Return: whether a port of the service gets its number from the override file only. */
static bool needs_override(const struct plan *p, const struct kps_service *service)
{
    for (uint32_t i = 0; i < service->n_ports; i++) {
        const struct unit *unit = find_unit(p, &service->ports[i]);
        if (unit && unit->out.variable.n == 0 && (!unit->out.stays || unit->is_ours)) {
            return true;
        }
    }
    return false;
}

static void add_overrides(const struct plan *p, struct kps_port_plan *ret)
{
    const struct kps_project *project = p->input->project;
    struct kps_assigned_service *services =
        KPS_NEW_N(p->arena, struct kps_assigned_service, (size_t)project->n_services + 1);
    for (uint32_t i = 0; i < project->n_services; i++) {
        const struct kps_service *service = &project->services[i];
        if (!service->selected || !needs_override(p, service)) {
            continue;
        }
        struct kps_sv *ports = KPS_NEW_N(p->arena, struct kps_sv, service->n_ports);
        for (uint32_t k = 0; k < service->n_ports; k++) {
            ports[k] = word_entry(p, &service->ports[k]);
        }
        services[ret->n_services++] =
            (struct kps_assigned_service){service->name, ports, service->n_ports};
    }
    ret->services = services;
}

/* Return: the host in "//HOST:" before the colon at `colon`, of this machine. */
static struct kps_sv read_local_host(struct kps_sv bytes, size_t colon)
{
    static const struct kps_sv hosts[] = {SV_LIT("localhost"), SV_LIT("127.0.0.1"), SV_LIT("[::1]"),
                                          SV_LIT("0.0.0.0")};
    for (size_t i = 0; i < KPS_COUNT(hosts); i++) {
        size_t n = hosts[i].n;
        if (colon >= n + 2 && kps_sv_eq(kps_sv_slice(bytes, colon - n, colon), hosts[i]) &&
            bytes.p[colon - n - 1] == '/' && bytes.p[colon - n - 2] == '/') {
            return hosts[i];
        }
    }
    return (struct kps_sv){"", 0};
}

/* Note the URLs of a file with the old number of a unit: no variable moves such a URL. */
static void note_urls(const struct plan *p, kps_file_id file, const struct unit *unit,
                      struct kps_sv *notes, size_t *n)
{
    struct kps_files *files = &p->ledger->diag->files;
    struct kps_sv bytes = kps_files_get(files, file)->bytes;
    struct kps_sv needle = kps_fmt(p->arena, ":%u", unit->out.old_first);
    size_t at = 0;
    while (*n < MOST_NOTES) {
        at += kps_sv_search(kps_sv_from(bytes, at), needle);
        if (at >= bytes.n) {
            return;
        }
        struct kps_sv host = read_local_host(bytes, at);
        size_t end = at + needle.n;
        if (host.n && (end == bytes.n || !kps_is_digit(bytes.p[end]))) {
            struct kps_pos pos = kps_files_pos(files, file, (uint32_t)at);
            struct kps_sv path = kps_files_get(files, file)->path;
            notes[(*n)++] =
                kps_fmt(p->arena, "%.*s:%u names %.*s:%u, which becomes %u", SV_ARG(path), pos.line,
                        SV_ARG(host), unit->out.old_first, unit->out.first);
        }
        at = end;
    }
}

static void add_notes(const struct plan *p, struct kps_port_plan *ret)
{
    struct kps_sv *notes = KPS_NEW_N(p->arena, struct kps_sv, MOST_NOTES);
    if (p->is_untried) {
        notes[ret->n_notes++] = SV("ports of sctp were not tried: this kernel lacks the protocol");
    }
    for (size_t i = 0; i < p->n_units; i++) {
        const struct unit *unit = &p->units[i];
        bool moves = unit->out.last && unit->out.first != unit->out.old_first &&
                     unit->out.old_first == unit->out.old_last;
        for (kps_file_id file = 1; moves && file <= p->ledger->diag->files.list.n; file++) {
            note_urls(p, file, unit, notes, &ret->n_notes);
        }
    }
    ret->notes = notes;
}

/* Sort the claims on this machine into units of the project and claims of others. */
static void sort_claims(struct plan *p)
{
    p->others = KPS_NEW_N(p->arena, kps_claim_id, (size_t)p->ledger->claims.n + 1);
    p->units = KPS_NEW_N(p->arena, struct unit, (size_t)p->ledger->claims.n + 1);
    p->next_claim = KPS_NEW_N(p->arena, kps_claim_id, (size_t)p->ledger->claims.n + 1);
    for (uint32_t i = 0; i < p->ledger->claims.n && p->n_units <= KPS_ASSIGN_MOST; i++) {
        const struct kps_claim *claim = &p->ledger->claims.v[i];
        if (is_movable(p, claim)) {
            add_claim(p, i + 1);
        } else if (is_on_host(p, claim) && !is_own(p, claim)) {
            p->others[p->n_others++] = i + 1;
        }
    }
}

struct kps_port_plan kps_assign_plan(const struct kps_assign_input *input,
                                     struct kps_port_registry_entry **ret_entries,
                                     size_t *ret_n_entries)
{
    struct plan plan = {
        .input = input, .ledger = input->ledger, .arena = input->ledger->diag->arena};
    struct kps_port_plan ret = {.only_checks = input->only_checks};
    plan.taken = KPS_NEW(plan.arena, struct kps_port_set);
    plan.held_here = KPS_NEW(plan.arena, struct kps_port_set);
    sort_claims(&plan);
    if (plan.n_units > KPS_ASSIGN_MOST) {
        ret.n = plan.n_units;
        return ret;
    }
    for (size_t i = 0; i < plan.n_units; i++) {
        settle_unit(&plan, &plan.units[i]);
    }
    struct kps_assigned *all = KPS_NEW_N(plan.arena, struct kps_assigned, plan.n_units + 1);
    struct kps_port_registry_entry *entries =
        KPS_NEW_N(plan.arena, struct kps_port_registry_entry, plan.n_units + 1);
    if (!input->only_checks) {
        mark_taken(&plan);
    }
    for (size_t i = 0; i < plan.n_units; i++) {
        struct unit *unit = &plan.units[i];
        if (!input->only_checks && !unit->out.stays) {
            choose_number(&plan, unit);
        }
        all[i] = unit->out;
        entries[i] = (struct kps_port_registry_entry){unit->out.first, unit->out.last, unit->key,
                                                      input->project->directory};
    }
    ret.v = all;
    ret.n = plan.n_units;
    if (!input->only_checks) {
        add_overrides(&plan, &ret);
        add_notes(&plan, &ret);
    }
    *ret_entries = entries;
    *ret_n_entries = plan.n_units;
    return ret;
}
