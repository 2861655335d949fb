#include "kube/host_port_requests.h"
#include "kube/kube.h"

/*
 * The owners of this folder and their classes. The facts of an owner are the workload, the
 * container or the Service itself; an owner that is called by a port of its has a subject of its
 * own.
 */

static const struct kps_sv NONE = {NULL, 0};

static struct kps_object_facts name_subject(const struct kps_kube_subject *subject)
{
    const struct kps_kube_id *id = subject->s ? &subject->s->id : &subject->w->id;
    return (struct kps_object_facts){.group = &id->head->group,
                                     .name = id->name,
                                     .container = subject->c ? subject->c->name : NONE,
                                     .port_name = subject->port_name};
}

static struct kps_object_facts name_workload(const struct kps_owner *owner)
{
    return name_subject(&(struct kps_kube_subject){.w = owner->facts});
}

static struct kps_object_facts name_container(const struct kps_owner *owner)
{
    const struct kps_kube_container *c = owner->facts;
    return name_subject(&(struct kps_kube_subject){.w = c->w, .c = c});
}

static struct kps_object_facts name_service(const struct kps_owner *owner)
{
    return name_subject(&(struct kps_kube_subject){.s = owner->facts});
}

static struct kps_object_facts name_port(const struct kps_owner *owner)
{
    return name_subject(owner->facts);
}

/* A pod is called as its workload, which is the group of its containers. */
static struct kps_sv name_pod(const struct kps_owner *owner)
{
    return owner->group;
}

static struct kps_sv name_own_address(const struct kps_owner *owner)
{
    const struct kps_kube_service *s = owner->facts;
    return kps_kube_title(s->id.head->kube, &s->id);
}

static const struct kps_owner_class workload_class = {.noun = "workload",
                                                      .judges_namespace = true,
                                                      .object = name_workload,
                                                      .describe = kps_kube_describe,
                                                      .written = kps_kube_source_span};
static const struct kps_owner_class container_class = {.noun = "container",
                                                       .judges_namespace = true,
                                                       .at_one_place = KPS_RULE_HOST_PORT_CLASH,
                                                       .places = &kps_kube_place_rules,
                                                       .object = name_container,
                                                       .own_netns = name_pod,
                                                       .describe = kps_kube_describe,
                                                       .written = kps_kube_source_span};
static const struct kps_owner_class service_class = {.noun = "Service",
                                                     .judges_namespace = true,
                                                     .object = name_service,
                                                     .own_netns = name_own_address,
                                                     .describe = kps_kube_describe,
                                                     .written = kps_kube_source_span};
/* Parties of findings, without claims. */
static const struct kps_owner_class container_port_class = {.noun = "container",
                                                            .object = name_port};
static const struct kps_owner_class service_port_class = {.noun = "Service", .object = name_port};

struct kps_kube_subject kps_kube_subject_of(const struct kps_ledger *ledger, kps_owner_id id)
{
    const struct kps_owner *owner = kps_ledger_get_owner(ledger, id);
    struct kps_kube_subject subject = {.port_name = NONE};
    if (owner->cls == &workload_class) {
        subject.w = owner->facts;
    } else if (owner->cls == &container_class) {
        subject.c = owner->facts;
        subject.w = subject.c->w;
    } else if (owner->cls == &service_class) {
        subject.s = owner->facts;
    } else if (owner->cls == &container_port_class || owner->cls == &service_port_class) {
        subject = *(const struct kps_kube_subject *)owner->facts;
    }
    return subject;
}

kps_owner_id kps_kube_own_workload(struct kps_kube *kube, struct kps_kube_workload *w)
{
    if (!w->id.owner) {
        w->id.owner =
            kps_ledger_owner(kube->ledger, (struct kps_owner){.cls = &workload_class,
                                                              .kind = KPS_OWNER_K8S_WORKLOAD,
                                                              .name = w->id.name,
                                                              .group = w->id.head->group.namespace,
                                                              .facts = w});
    }
    return w->id.owner;
}

kps_owner_id kps_kube_own_container(struct kps_kube *kube, struct kps_kube_container *c)
{
    if (!c->owner) {
        c->owner = kps_ledger_owner(kube->ledger,
                                    (struct kps_owner){.cls = &container_class,
                                                       .kind = KPS_OWNER_K8S_CONTAINER,
                                                       .name = c->name,
                                                       .group = kps_kube_name(kube, &c->w->id),
                                                       .facts = c});
    }
    return c->owner;
}

kps_owner_id kps_kube_own_injected(struct kps_kube *kube, struct kps_kube_workload *w,
                                   struct kps_sv name)
{
    struct kps_kube_container *c = KPS_NEW(kube->arena, struct kps_kube_container);
    c->name = name;
    c->w = w;
    return kps_kube_own_container(kube, c);
}

kps_owner_id kps_kube_own_service(struct kps_kube *kube, struct kps_kube_service *s)
{
    if (!s->id.owner) {
        s->id.owner =
            kps_ledger_owner(kube->ledger, (struct kps_owner){.cls = &service_class,
                                                              .kind = KPS_OWNER_K8S_SERVICE,
                                                              .name = s->id.name,
                                                              .group = s->id.head->group.namespace,
                                                              .facts = s});
    }
    return s->id.owner;
}

kps_owner_id kps_kube_owner(struct kps_kube *kube, struct kps_kube_who who)
{
    if (who.s) {
        return kps_kube_own_service(kube, who.s);
    }
    return who.c ? kps_kube_own_container(kube, who.c) : kps_kube_own_workload(kube, who.w);
}

kps_owner_id kps_kube_own_port(struct kps_kube *kube, kps_owner_id owner, struct kps_sv port_name)
{
    struct kps_kube_subject *subject = KPS_NEW(kube->arena, struct kps_kube_subject);
    struct kps_owner named = *kps_ledger_get_owner(kube->ledger, owner);
    *subject = kps_kube_subject_of(kube->ledger, owner);
    subject->port_name = port_name;
    named.cls = subject->s ? &service_port_class : &container_port_class;
    named.facts = subject;
    return kps_ledger_owner(kube->ledger, named);
}
