#include "advice/parts.h"
#include "base/buf.h"
#include "base/utf8.h"

enum { MOST_CMDLINE = 160 };

/* The beginning of a text, cut between characters. */
static struct kps_sv clip(struct kps_arena *arena, struct kps_sv s, size_t most)
{
    if (s.n <= most) {
        return s;
    }
    size_t end = 0;
    for (size_t at = 0; at <= most; (void)kps_utf8_next(s, &at)) {
        end = at;
    }
    return kps_fmt(arena, "%.*s…", (int)end, s.p);
}

/* "Up 2 hours (healthy)" reads on in a sentence. */
static struct kps_sv status_words(struct kps_arena *arena, const struct kps_container_facts *facts)
{
    struct kps_sv words = facts->status.n ? facts->status : facts->state;
    return words.n ? kps_fmt(arena, "%c%.*s", kps_lower(words.p[0]), SV_ARG(kps_sv_from(words, 1)))
                   : words;
}

static struct kps_sv container_words(struct kps_arena *arena, const struct kps_owner *owner)
{
    const struct kps_container_facts *facts = owner->facts;
    struct kps_buf out = KPS_BUF(arena);
    struct kps_sv status = status_words(arena, facts);
    kps_buf_fmt(&out, "container '%.*s'", SV_ARG(owner->name));
    if (facts->image.n || status.n) {
        kps_buf_fmt(&out, " (%.*s%s%.*s)", SV_ARG(facts->image),
                    facts->image.n && status.n ? ", " : "", SV_ARG(status));
    }
    if (facts->compose_project.n) {
        kps_buf_fmt(&out, "%s service '%.*s' of project '%.*s'",
                    facts->compose_oneoff ? ", made by 'run' for" : ",",
                    SV_ARG(facts->compose_service), SV_ARG(facts->compose_project));
        if (facts->compose_working_dir.n) {
            kps_buf_fmt(&out, " in %.*s", SV_ARG(facts->compose_working_dir));
        }
    }
    return kps_buf_sv(&out);
}

static void add_user(struct kps_buf *out, const struct kps_process_facts *facts)
{
    if (facts->user.n) {
        kps_buf_fmt(out, " of user '%.*s'", SV_ARG(facts->user));
    } else if (facts->has_uid) {
        kps_buf_fmt(out, " of user %u", facts->uid);
    }
}

static struct kps_sv process_words(struct kps_arena *arena, const struct kps_process_facts *facts)
{
    struct kps_buf out = KPS_BUF(arena);
    if (facts->pid) {
        kps_buf_fmt(&out, "process %u (%.*s)", facts->pid, SV_ARG(facts->name));
    } else if (facts->what.n) {
        kps_buf_add(&out, facts->what);
    } else if (facts->hidden == KPS_HIDDEN_PERMISSION) {
        kps_buf_add(&out, SV("a process that is hidden from this user,"));
    } else {
        kps_buf_add(&out, facts->hidden == KPS_HIDDEN_GONE ? SV("a process that ended meanwhile,")
                                                           : SV("a process"));
    }
    if (facts->pid || facts->hidden == KPS_HIDDEN_PERMISSION) {
        add_user(&out, facts);
        struct kps_sv unit = facts->socket_unit.n ? facts->socket_unit : facts->unit;
        if (unit.n) {
            kps_buf_fmt(&out, ", unit %.*s", SV_ARG(unit));
        }
        if (facts->terminal.n) {
            kps_buf_fmt(&out, ", on terminal %.*s", SV_ARG(facts->terminal));
        }
    }
    if (facts->cmdline.n) {
        kps_buf_fmt(&out, ": %.*s", SV_ARG(clip(arena, facts->cmdline, MOST_CMDLINE)));
    }
    return kps_buf_sv(&out);
}

struct kps_sv kps_owner_words(struct kps_arena *arena, const struct kps_ledger *ledger,
                              kps_owner_id id)
{
    kps_owner_id container = kps_owner_container(ledger, id);
    const struct kps_owner *owner = kps_ledger_get_owner(ledger, id);
    const struct kps_process_facts *facts = kps_process_facts_of(owner);
    if (container && facts) {
        struct kps_sv words = container_words(arena, kps_ledger_get_owner(ledger, container));
        return kps_fmt(arena, "%.*s, as process %u (%.*s)", SV_ARG(words), facts->pid,
                       SV_ARG(facts->name));
    }
    if (container) {
        return container_words(arena, kps_ledger_get_owner(ledger, container));
    }
    if (facts) {
        return process_words(arena, facts);
    }
    return kps_fmt(arena, "%s '%.*s'", owner->cls->noun, SV_ARG(owner->name));
}
