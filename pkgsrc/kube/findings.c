#include "kube/kube.h"

#include <stdarg.h>

#include "base/buf.h"
#include "kube/stream.h"

struct kps_finding *kps_kube_add_finding(struct kps_kube *kube, enum kps_rule rule,
                                         enum kps_severity severity, enum kps_certainty certainty,
                                         const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    struct kps_sv text = kps_vfmt(kube->arena, fmt, args);
    va_end(args);
    struct kps_finding *finding = kps_diag_add(kube->diag, rule, severity, 0, "%.*s", SV_ARG(text));
    finding->certainty = certainty;
    return finding;
}

void kps_kube_on_port(struct kps_finding *finding, uint16_t port, uint8_t protocol)
{
    finding->first = port;
    finding->last = port;
    finding->protocol = protocol;
}

void kps_kube_party(struct kps_kube *kube, struct kps_finding *finding, kps_owner_id owner,
                    kps_claim_id claim, struct kps_span at, struct kps_sv source,
                    struct kps_sv label)
{
    bool first = finding->n_parties == 0;
    struct kps_party *party =
        kps_finding_party(finding, first ? KPS_ROLE_PRIMARY : KPS_ROLE_OTHER, owner);
    party->claim = claim;
    party->at = at.file ? kps_kube_origin(kube, at, source) : 0;
    party->label = label;
}

/* The last party stands at this path of its object. */
static void set_path(struct kps_kube *kube, const struct kps_finding *finding, struct kps_sv path)
{
    kps_origin_id at = finding->parties[finding->n_parties - 1].at;
    if (at) {
        kps_origins_complete(&kube->diag->origins, at, path, 0);
    }
}

void kps_kube_port_path(struct kps_kube *kube, struct kps_finding *finding,
                        const struct kps_kube_container *c, const struct kps_kube_port *port,
                        bool host)
{
    if (port->evidence != KPS_KUBE_DECLARED) {
        return;
    }
    /* The parties of one finding mostly stand at the same path. */
    const char *list = c->role == KPS_KUBE_MAIN ? "containers" : "initContainers";
    struct kps_buf *path = kps_buf_new(kube->words);
    kps_buf_fmt(path, "%.*s.%s[%u].ports[%u].%s", SV_ARG(c->w->id.head->pod_path), list, c->index,
                port->index, host && port->host_written ? "hostPort" : "containerPort");
    if (!kps_sv_eq(kps_buf_sv(path), kube->last_path)) {
        kube->last_path = kps_sv_copy(kube->arena, kps_buf_sv(path));
    }
    kps_arena_reset(kube->words);
    set_path(kube, finding, kube->last_path);
}

void kps_kube_service_path(struct kps_kube *kube, struct kps_finding *finding,
                           const struct kps_kube_service_port *port, const char *field)
{
    set_path(kube, finding, kps_fmt(kube->arena, "spec.ports[%u].%s", port->index, field));
}

void kps_kube_party_port(struct kps_kube *kube, struct kps_finding *finding,
                         struct kps_kube_container *c, const struct kps_kube_port *port, bool host,
                         struct kps_sv label)
{
    const struct kps_kube_id *id = &c->w->id;
    kps_owner_id owner = kps_kube_own_container(kube, c);
    if (port->evidence == KPS_KUBE_DECLARED && port->name.n) {
        owner = kps_kube_own_port(kube, owner, port->name);
    }
    kps_kube_party(kube, finding, owner, kps_kube_claim_port(port, host),
                   kps_kube_span(id, host ? port->at_host : port->at), id->head->source, label);
    kps_kube_port_path(kube, finding, c, port, host);
}

void kps_kube_party_service(struct kps_kube *kube, struct kps_finding *finding,
                            struct kps_kube_service *s, kps_claim_id claim, struct kps_span at,
                            struct kps_sv label)
{
    kps_kube_party(kube, finding, kps_kube_own_service(kube, s), claim, at, s->id.head->source,
                   label);
}

void kps_kube_party_name(struct kps_kube *kube, struct kps_finding *finding,
                         struct kps_kube_service *s, kps_claim_id claim, struct kps_span at)
{
    struct kps_sv name = kps_kube_name(kube, &s->id);
    kps_kube_party_service(kube, finding, s, claim, at,
                           kps_fmt(kube->arena, "Service %.*s", SV_ARG(name)));
}

struct kps_finding *kps_kube_refuse(struct kps_kube *kube, const struct kps_kube_who *who,
                                    struct kps_span at, struct kps_sv api_says, const char *fmt,
                                    ...)
{
    va_list args;
    va_start(args, fmt);
    struct kps_sv text = kps_vfmt(kube->arena, fmt, args);
    va_end(args);
    struct kps_finding *finding = NULL;
    if (kps_stream_is_unfilled(kube, at)) {
        /* for the caller to complete, and in no report */
        finding = KPS_NEW(kube->diag->arena, struct kps_finding);
        finding->diag = kube->diag;
    } else {
        finding = kps_kube_add_finding(kube, KPS_RULE_KUBERNETES_PORT_INVALID, KPS_ERROR,
                                       KPS_CERTAIN, "%.*s", SV_ARG(text));
    }
    finding->up_error = api_says;
    kps_kube_party(kube, finding, kps_kube_owner(kube, who), 0, at, kube->source,
                   SV("the API server refuses this"));
    return finding;
}

void kps_kube_bad_input(struct kps_kube *kube, const struct kps_finding *finding)
{
    kube->result->status = KPS_KUBE_PARTIAL;
    if (kube->result->error.n == 0) {
        kube->result->error = finding->message;
    }
}
