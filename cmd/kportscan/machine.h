#ifndef MACHINE_H
#define MACHINE_H

#include "core/settings.h"
#include "core/suggest.h"
#include "docker/collect.h"
#include "options.h"
#include "sys/collect.h"

/*
 * This machine as far as ports are concerned: the container engine and the sockets, collected into
 * the ledger. The one place that asks both, for checks and for queries alike.
 */
struct kps_machine_question {
    bool engine, sockets;                /* which of the two to ask */
    const struct kps_port_filter *ports; /* of interest; none: all */
    size_t n_ports;
    /* Files are checked: what an engine elsewhere publishes counts, and then this machine's sockets
     * do not. */
    bool for_files;
    /* `ports` are those of kps_machine_wanted, and images may add to them: the engine is asked
     * first, then the kernel for what is wanted by then. */
    bool learns;
    bool of_nodes; /* for kps_machine_wanted, with `learns` */
    bool networks; /* also what listens in the running containers whose networks the files join */
    bool without_owners; /* leave the processes alone, see struct kps_sys_options, and running
                            containers as well */
    bool connections;    /* also what is left of connections, see struct kps_sys_options */
    bool probes;         /* with `connections`: try the ports first, see struct kps_socket_query */
};

struct kps_machine {
    bool asked_engine,
        asked_sockets; /* not asked, or left out: an engine elsewhere has other sockets */
    struct kps_docker_result engine;
    struct kps_sys_result sockets;
};

/*
 * Asks, and adds what there is to the ledger; to be called before kps_ledger_link. What could not
 * be asked is a finding in the ledger's sink. While the engine answers, the kernel is asked as
 * well.
 */
struct kps_machine kps_machine_collect(struct kps_ledger *ledger, const struct kps_options *options,
                                       const struct kps_env *env,
                                       const struct kps_machine_question *question);

/*
 * The ports that live claims of files ask for, for kps_machine_question: those of this machine or,
 * with `of_nodes`, those of a cluster's nodes as well. In the ledger's arena, sorted, each once.
 * Claims of any free port ask for none. Return: how many.
 */
size_t kps_machine_wanted(struct kps_ledger *ledger, bool of_nodes,
                          const struct kps_port_filter **ret);

/*
 * Whether an engine is to be asked although the files publish nothing: one joins the network of a
 * container that no file describes, or runs an image of which only an engine can tell where it
 * listens.
 */
bool kps_machine_needs_engine(const struct kps_ledger *ledger);

/* Whether something that was to be asked could not be: exit code 3 when nothing was found. */
bool kps_machine_failed(const struct kps_machine *machine);

/* What a report says of the engine; NULL when it was not asked or there is none. In the arena. */
const struct kps_report_engine *kps_machine_engine(const struct kps_machine *machine,
                                                   struct kps_arena *arena);

/* For --verbose: says on stderr what was asked, and how it went. */
void kps_machine_log_verbose(const struct kps_machine *machine, struct kps_arena *arena);

/*
 * All ports that sockets of this machine are bound to, for advice about others: asked for only now,
 * without owners, when there is something to advise. NULL when the sockets are not those that
 * count. In the arena.
 */
const struct kps_bound_ports *kps_machine_busy(const struct kps_machine *machine,
                                               struct kps_arena *arena);

/* What the kernel's settings mean for ports that the files ask for; of another machine nothing is
 * known. */
struct kps_settings kps_machine_settings(const struct kps_machine *machine,
                                         struct kps_arena *arena);

/* Whether two paths lead to one folder, through symbolic links too. */
bool kps_machine_is_same_folder(struct kps_sv a, struct kps_sv b);

#endif
