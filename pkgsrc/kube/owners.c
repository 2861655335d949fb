#include "kube/host_port_requests.h"
#include "kube/kube.h"

/*
 * The owners of this folder and their classes. The facts of an owner are the workload, the
 * container or the Service itself; an owner that is called by a port of its has a subject of its
 * own.
 */

/* The subject of an owner; all are NULL for an object of a live cluster. */
struct subject {
    const struct kps_kube_workload *w;
    const struct kps_kube_container *c; /* of w, maybe an injected one; NULL: the workload */
    const struct kps_kube_service *s;   /* NULL: see w */
    struct kps_sv port_name;            /* the port that the owner is called by; empty: none */
};

static void name_object(const struct kps_owner *owner, struct kps_object_facts *ret);
static struct kps_sv call_owner(const struct kps_owner *owner, bool is_group);

/* A pod is called as its workload, which is the group of its containers. */
static struct kps_sv name_own_netns(const struct kps_owner *owner)
{
    const struct kps_kube_service *s = owner->facts;
    bool is_pod = owner->kind == KPS_OWNER_K8S_CONTAINER;
    return is_pod ? kps_owner_group(owner) : kps_kube_title(s->id.head->kube, &s->id);
}

static const struct kps_owner_class workload_class = {.noun = "workload",
                                                      .judges_namespace = true,
                                                      .called = call_owner,
                                                      .object = name_object,
                                                      .describe = kps_kube_describe,
                                                      .written = kps_kube_source_span};
static const struct kps_owner_class container_class = {.noun = "container",
                                                       .judges_namespace = true,
                                                       .at_one_place = KPS_RULE_HOST_PORT_CLASH,
                                                       .places = &kps_kube_place_rules,
                                                       .locate = kps_kube_locate_pod,
                                                       .called = call_owner,
                                                       .object = name_object,
                                                       .own_netns = name_own_netns,
                                                       .describe = kps_kube_describe,
                                                       .written = kps_kube_source_span};
static const struct kps_owner_class service_class = {.noun = "Service",
                                                     .judges_namespace = true,
                                                     .locate = kps_kube_locate_service,
                                                     .called = call_owner,
                                                     .object = name_object,
                                                     .own_netns = name_own_netns,
                                                     .describe = kps_kube_describe,
                                                     .written = kps_kube_source_span};
/* Parties of findings, without claims. */
static const struct kps_owner_class container_port_class = {
    .noun = "container", .called = call_owner, .object = name_object};
static const struct kps_owner_class service_port_class = {
    .noun = "Service", .called = call_owner, .object = name_object};

static void find_subject(const struct kps_owner *owner, struct subject *ret)
{
    *ret = (struct subject){.w = NULL};
    if (owner->cls == &workload_class) {
        ret->w = owner->facts;
    } else if (owner->cls == &container_class) {
        ret->c = owner->facts;
        ret->w = ret->c->w;
    } else if (owner->cls == &service_class) {
        ret->s = owner->facts;
    } else if (owner->cls == &container_port_class || owner->cls == &service_port_class) {
        *ret = *(const struct subject *)owner->facts;
    }
}

const struct kps_kube_workload *kps_kube_workload_of(const struct kps_ledger *ledger,
                                                     kps_owner_id id)
{
    struct subject subject;
    find_subject(kps_ledger_get_owner(ledger, id), &subject);
    return subject.w;
}

static void name_object(const struct kps_owner *owner, struct kps_object_facts *ret)
{
    struct subject subject;
    find_subject(owner, &subject);
    const struct kps_kube_id *id = subject.s ? &subject.s->id : &subject.w->id;
    ret->group = &id->head->group;
    ret->name = id->name;
    if (subject.c) {
        ret->container = subject.c->name;
    }
    ret->port_name = subject.port_name;
}

/* The group of a container is its workload: "shop/web", or "web" in the default namespace. */
static struct kps_sv call_owner(const struct kps_owner *owner, bool is_group)
{
    struct subject subject;
    find_subject(owner, &subject);
    const struct kps_kube_id *id = subject.s ? &subject.s->id : &subject.w->id;
    if (subject.c) {
        return is_group ? kps_kube_name(id->head->kube, id) : subject.c->name;
    }
    return is_group ? id->head->group.namespace : id->name;
}

static kps_owner_id add_owner(struct kps_kube *kube, const struct kps_owner_class *cls,
                              enum kps_owner_kind kind, const void *facts)
{
    return kps_ledger_owner(kube->ledger,
                            &(struct kps_new_owner){.cls = cls, .kind = kind, .facts = facts});
}

kps_owner_id kps_kube_own_workload(struct kps_kube *kube, struct kps_kube_workload *w)
{
    if (!w->id.owner) {
        w->id.owner = add_owner(kube, &workload_class, KPS_OWNER_K8S_WORKLOAD, w);
    }
    return w->id.owner;
}

kps_owner_id kps_kube_own_container(struct kps_kube *kube, struct kps_kube_container *c)
{
    if (!c->owner) {
        c->owner = add_owner(kube, &container_class, KPS_OWNER_K8S_CONTAINER, c);
    }
    return c->owner;
}

kps_owner_id kps_kube_own_service(struct kps_kube *kube, struct kps_kube_service *s)
{
    if (!s->id.owner) {
        s->id.owner = add_owner(kube, &service_class, KPS_OWNER_K8S_SERVICE, s);
    }
    return s->id.owner;
}

kps_owner_id kps_kube_own_injected(struct kps_kube *kube, struct kps_kube_workload *w,
                                   struct kps_sv name)
{
    struct kps_kube_container *c = KPS_NEW(kube->arena, struct kps_kube_container);
    c->name = name;
    c->w = w;
    return kps_kube_own_container(kube, c);
}

kps_owner_id kps_kube_owner(struct kps_kube *kube, const struct kps_kube_who *who)
{
    if (who->s) {
        return kps_kube_own_service(kube, who->s);
    }
    return who->c ? kps_kube_own_container(kube, who->c) : kps_kube_own_workload(kube, who->w);
}

kps_owner_id kps_kube_own_port(struct kps_kube *kube, kps_owner_id owner, struct kps_sv port_name)
{
    struct subject *subject = KPS_NEW(kube->arena, struct subject);
    const struct kps_owner *whole = kps_ledger_get_owner(kube->ledger, owner);
    find_subject(whole, subject);
    subject->port_name = port_name;
    return add_owner(kube, subject->s ? &service_port_class : &container_port_class, whole->kind,
                     subject);
}
