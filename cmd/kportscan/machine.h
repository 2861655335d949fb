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
    bool bound_ports;    /* also a list of all ports that are bound here, for advice */
    bool addresses;      /* also read the addresses of this machine */
};

struct kps_machine {
    bool asked_engine,
        asked_sockets; /* not asked, or left out: an engine elsewhere has other sockets */
    struct kps_docker_result engine;
    struct kps_sys_result sockets;
    /* With question.bound_ports: all ports that sockets here are bound to, without owners. NULL
     * where other sockets count, or the list failed. */
    const struct kps_bound_ports *bound_ports;
    bool is_wsl; /* sockets were asked on Linux below Windows, whose ports no list here shows */
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
 * A claim of any free port asks for none, or for port 0 when it names an address that this machine
 * may not have. Return: how many.
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

/* Say on stderr what was asked, and how it went, with -v. */
void kps_machine_log_verbose(const struct kps_machine *machine, const struct kps_options *options);

/* What the kernel's settings mean for ports that the files ask for; of another machine nothing is
 * known. */
struct kps_settings kps_machine_settings(const struct kps_machine *machine,
                                         struct kps_arena *arena);

/* Whether two paths lead to one folder, through symbolic links too. */
bool kps_machine_is_same_folder(struct kps_sv a, struct kps_sv b);

#endif
