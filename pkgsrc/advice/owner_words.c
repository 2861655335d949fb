#include "advice/owner_words.h"

#include <fnmatch.h>

#include "advice/owner.h"
#include "base/buf.h"
#include "base/utf8.h"

static const struct kps_sv NONE = {"", 0};

enum { MOST_CMDLINE = 160 };

/* "Up 2 hours (healthy)" reads on in a sentence. */
static struct kps_sv describe_status(struct kps_arena *arena,
                                     const struct kps_container_facts *facts)
{
    struct kps_sv words = facts->status.n ? facts->status : facts->state;
    return words.n ? kps_fmt(arena, "%c%.*s", kps_lower(*words.p), (int)words.n - 1, words.p + 1)
                   : words;
}

static struct kps_sv describe_container(struct kps_arena *arena, const struct kps_owner *owner)
{
    const struct kps_container_facts *facts = owner->facts;
    struct kps_buf *out = kps_buf_new(arena);
    struct kps_sv status = describe_status(arena, facts);
    kps_buf_fmt(out, "container '%.*s'", SV_ARG(owner->ties->name));
    if (facts->image.n || status.n) {
        kps_buf_fmt(out, " (%.*s%s%.*s)", SV_ARG(facts->image),
                    facts->image.n && status.n ? ", " : "", SV_ARG(status));
    }
    if (facts->compose_project.n) {
        kps_buf_fmt(out, "%s service '%.*s' of project '%.*s'",
                    facts->compose_oneoff ? ", made by 'run' for" : ",",
                    SV_ARG(facts->compose_service), SV_ARG(facts->compose_project));
        if (facts->compose_working_dir.n) {
            kps_buf_fmt(out, " in %.*s", SV_ARG(facts->compose_working_dir));
        }
    }
    return kps_buf_sv(out);
}

/* Word a process that is unknown; empty: there is none. */
static struct kps_sv word_unknown(const struct kps_process_facts *facts)
{
    if (facts->what.n) {
        return facts->what;
    }
    if (facts->is_hidden_from_root) {
        return SV("a process that is hidden even from root");
    }
    if (facts->hidden == KPS_HIDDEN_PERMISSION) {
        return SV("a process that is hidden from this user");
    }
    return facts->hidden == KPS_HIDDEN_GONE ? SV("a process that has just ended") : NONE;
}

static void add_user(struct kps_buf *out, const struct kps_process_facts *facts)
{
    if (facts->user.n) {
        kps_buf_fmt(out, " of user '%.*s'", SV_ARG(facts->user));
    } else if (facts->has_uid) {
        kps_buf_fmt(out, " of user %u", facts->uid);
    }
}

static struct kps_sv describe_process(struct kps_arena *arena,
                                      const struct kps_process_facts *facts)
{
    struct kps_buf *out = kps_buf_new(arena);
    if (facts->pid) {
        kps_buf_fmt(out, "process %u (%.*s)", facts->pid, SV_ARG(facts->name));
    } else {
        struct kps_sv words = word_unknown(facts);
        bool goes_on = facts->what.n == 0 && words.n;
        kps_buf_add(out, words.n ? words : SV("a process"));
        kps_buf_text(out, goes_on ? "," : "");
    }
    if (facts->pid || facts->hidden == KPS_HIDDEN_PERMISSION) {
        add_user(out, facts);
        struct kps_sv unit = facts->socket_unit.n ? facts->socket_unit : facts->unit;
        if (unit.n) {
            kps_buf_fmt(out, ", unit %.*s", SV_ARG(unit));
        }
        if (facts->terminal.n) {
            kps_buf_fmt(out, ", on terminal %.*s", SV_ARG(facts->terminal));
        }
    }
    if (facts->cmdline.n) {
        kps_buf_text(out, ": ");
        kps_buf_add(out, kps_utf8_clip(arena, facts->cmdline, MOST_CMDLINE));
    }
    return kps_buf_sv(out);
}

struct kps_sv kps_owner_words(struct kps_arena *arena, const struct kps_ledger *ledger,
                              kps_owner_id id)
{
    kps_owner_id container = kps_owner_container(ledger, id);
    const struct kps_owner *owner = kps_ledger_get_owner(ledger, id);
    const struct kps_process_facts *facts = kps_process_facts_of(owner);
    if (container && facts && facts->pid) {
        struct kps_sv words = describe_container(arena, kps_ledger_get_owner(ledger, container));
        return kps_fmt(arena, "%.*s, as process %u (%.*s)", SV_ARG(words), facts->pid,
                       SV_ARG(facts->name));
    }
    if (container) {
        return describe_container(arena, kps_ledger_get_owner(ledger, container));
    }
    if (facts) {
        return describe_process(arena, facts);
    }
    struct kps_sv name = kps_owner_name(owner);
    return kps_fmt(arena, "%s '%.*s'", owner->cls->noun, SV_ARG(name));
}

/* Return: is the owner a Kubernetes object, and no container of one? */
static bool is_whole_object(const struct kps_owner *owner)
{
    return owner->cls->object && owner->kind != KPS_OWNER_K8S_CONTAINER;
}

struct kps_sv kps_owner_words_name(struct kps_arena *arena, const struct kps_ledger *ledger,
                                   kps_owner_id id)
{
    const struct kps_owner *owner = kps_ledger_get_owner(ledger, id);
    const struct kps_process_facts *facts = kps_process_facts_of(owner);
    if (!facts) {
        struct kps_sv name = kps_owner_name(owner);
        struct kps_sv group = is_whole_object(owner) ? kps_owner_group(owner) : NONE;
        return group.n ? kps_fmt(arena, "%.*s/%.*s", SV_ARG(group), SV_ARG(name)) : name;
    }
    if (facts->pid) {
        return kps_fmt(arena, "%.*s (pid %u)", SV_ARG(facts->name), facts->pid);
    }
    bool is_of_user = facts->what.n == 0 && !facts->is_hidden_from_root && facts->user.n &&
                      facts->hidden == KPS_HIDDEN_PERMISSION;
    if (is_of_user) {
        return kps_fmt(arena, "a process of user %.*s, hidden from this user", SV_ARG(facts->user));
    }
    struct kps_sv words = word_unknown(facts);
    return words.n ? words : SV("no process");
}

struct kps_sv kps_owner_words_short(struct kps_arena *arena, const struct kps_ledger *ledger,
                                    kps_owner_id id)
{
    const struct kps_owner *owner = kps_ledger_get_owner(ledger, id);
    struct kps_sv name = kps_owner_words_name(arena, ledger, id);
    struct kps_sv site = kps_ledger_site_name(ledger, owner->site);
    if (kps_process_facts_of(owner)) {
        return name;
    }
    return kps_fmt(arena, "%s %.*s%s%.*s", owner->cls->noun, SV_ARG(name),
                   site.n ? " of context " : "", SV_ARG(site));
}

struct kps_sv kps_owner_words_home(struct kps_arena *arena, const struct kps_ledger *ledger,
                                   kps_owner_id id)
{
    const struct kps_owner *owner = kps_ledger_get_owner(ledger, id);
    const struct kps_container_facts *container = kps_container_facts_of(owner);
    const struct kps_process_facts *process = kps_process_facts_of(owner);
    if (container && container->compose_project.n) {
        return kps_fmt(arena, "%.*s/%.*s", SV_ARG(container->compose_project),
                       SV_ARG(container->compose_service));
    }
    if (container) {
        return kps_fmt(arena, "image %.*s", SV_ARG(container->image));
    }
    if (is_whole_object(owner)) {
        struct kps_object_facts object;
        kps_object_facts_of(owner, &object);
        return object.controller ? kps_fmt(arena, "%.*s %.*s", SV_ARG(object.controller->kind),
                                           SV_ARG(object.controller->name))
                                 : NONE;
    }
    if (!process) {
        return kps_owner_group(owner);
    }
    struct kps_sv unit = process->socket_unit.n ? process->socket_unit : process->unit;
    if (unit.n) {
        return unit;
    }
    return process->user.n ? kps_fmt(arena, "user %.*s", SV_ARG(process->user)) : NONE;
}

bool kps_owner_words_match(const struct kps_ledger *ledger, kps_owner_id id, struct kps_sv name)
{
    enum { LEAST_ID = 4 };
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    const struct kps_owner *owner = kps_ledger_get_owner(ledger, id);
    const struct kps_container_facts *container = kps_container_facts_of(owner);
    const struct kps_process_facts *process = kps_process_facts_of(owner);
    struct kps_object_facts object;
    kps_object_facts_of(owner, &object);
    struct kps_sv called[8] = {process ? process->name : kps_owner_name(owner),
                               kps_owner_group(owner)};
    size_t n = 2;
    if (container) {
        called[n++] = container->compose_project;
        called[n++] = container->compose_service;
        called[n++] = kps_owner_words_home(scratch, ledger, id);
    } else if (process) {
        called[n++] = process->unit;
        called[n++] = process->socket_unit;
        called[n++] = process->user;
        called[n++] = process->pid ? kps_fmt(scratch, "%u", process->pid) : NONE;
    } else if (object.group) {
        called[n++] = object.name;
        called[n++] = object.group->namespace;
        called[n++] = object.controller ? object.controller->name : NONE;
        called[n++] = kps_owner_words_name(scratch, ledger, id);
    } else if (called[1].n) {
        called[n++] = kps_fmt(scratch, "%.*s/%.*s", SV_ARG(called[1]), SV_ARG(called[0]));
    }
    const char *pattern = kps_cstr(scratch, name);
    bool is_called = container && name.n >= LEAST_ID && kps_sv_starts(container->id, name);
    for (size_t i = 0; i < n && !is_called; i++) {
        is_called = called[i].n && fnmatch(pattern, kps_cstr(scratch, called[i]), 0) == 0;
    }
    return is_called;
}
