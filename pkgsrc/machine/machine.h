#ifndef KPS_MACHINE_MACHINE_H
#define KPS_MACHINE_MACHINE_H

#include "core/kernel_settings.h"
#include "core/suggest.h"
#include "docker/collect.h"
#include "docker/events.h"
#include "report/report.h"
#include "sys/collect.h"

/*
 * The ports of this machine: the container engine and the sockets, collected into the ledger, for
 * checks and for queries.
 */
/* The engine and the sockets: which are asked, and how. */
struct kps_machine_options {
    bool no_docker, no_host;
    bool full_cmdline; /* do not mask secrets in command lines */
    struct kps_sv docker_host;
    /* --context: of which engines; the names exist. Several only in questions. */
    struct kps_list contexts;
    bool asks_all_contexts;        /* --context '*' */
    struct kps_sv unread_contexts; /* … and some may be missing, and why; empty: none */
    uint32_t timeout_ms;           /* 0: the default */
    bool never_prompts;            /* no person answers questions of ssh */
};

/* The question of a run. */
struct kps_machine_question {
    bool engine, sockets;          /* the sources to ask */
    const struct kps_ports *ports; /* of interest; none: all */
    size_t n_ports;
    /* Files are checked: ports of an engine elsewhere count, and this machine's sockets then do
     * not. */
    bool for_files;
    /* `ports` are those of kps_machine_wanted, and images may add ports: the engine is asked first,
     * then the kernel for all ports known by then. */
    bool learns;
    bool
        of_machines; /* also the engines of the machines of the settings (sites), each with the
                        ports of its own projects, and the sockets of those that are this machine */
    bool of_nodes;   /* for kps_machine_wanted, with `learns` */
    bool networks;   /* also listeners in running containers with a network that the files join */
    bool without_owners; /* leave the processes alone, see struct kps_sys_options, and running
                            containers as well */
    bool connections;    /* also remnants of connections, see struct kps_sys_options */
    bool bound_ports;    /* also a list of all bound ports, for advice */
    bool addresses;      /* also read the addresses of this machine */
    const struct kps_sv *speakers; /* containers of log lines, see struct kps_engine_question */
    size_t n_speakers;
    bool engine_networks; /* also which networks of the engine publish nothing */
    bool is_refused;      /* of_machines would be true, but for a fault that is a finding already */
};

struct kps_machine {
    bool asked_engine,
        asked_sockets; /* not asked, or left out: an engine elsewhere has other sockets */
    struct kps_docker_result engine; /* of several: good when one answered, with has_gaps unless all
                                        did; elsewhere when all are */
    const struct kps_docker_result *engines; /* several contexts, or machines: each of them */
    size_t n_engines;
    bool of_machines;    /* they are those of machines: `engine` is none of them */
    bool has_own_engine; /* an engine of this machine answered */
    struct kps_sys_result sockets;
    /* Behind ssh: the sockets are those of that machine; NULL: of this one, or none came. */
    const struct kps_sys_remote *remote;
    /* With question.bound_ports: all ports that sockets here are bound to, without owners. NULL
     * where other sockets count, or the list failed. */
    const struct kps_bound_ports *bound_ports;
    bool is_wsl; /* sockets were asked below Windows, and no list here shows the ports of Windows */
};

/*
 * Return: the fault of the engine's address where it is wrong in itself (docker/endpoint.h,
 * is_invalid), for a mode that asks late or again and again; empty: none. In the arena.
 */
struct kps_sv kps_machine_address_fault(struct kps_arena *arena,
                                        const struct kps_machine_options *options,
                                        const struct kps_env *env);

/*
 * Ask, and add the answers to the ledger, before kps_ledger_link. A failed source is a finding in
 * the ledger's sink. The kernel is asked while the engine answers.
 */
struct kps_machine kps_machine_collect(struct kps_ledger *ledger,
                                       const struct kps_machine_options *options,
                                       const struct kps_env *env,
                                       const struct kps_machine_question *question);

/*
 * The ports that live claims of files ask for, for kps_machine_question: of the projects of a site
 * (0: of none), those of this machine or, with `of_nodes`, those of a cluster's nodes as well. In
 * the ledger's arena, sorted, each once. A claim of any free port asks for none, or for port 0 when
 * it names an address that this machine may not have. Return: how many.
 */
size_t kps_machine_wanted(struct kps_ledger *ledger, uint32_t site, bool of_nodes,
                          const struct kps_ports **ret);

/*
 * Make the question of a check: who has the ports that the files of the ledger ask for, here and on
 * the machines of the settings. `asks_docker`, `asks_host`: this machine is a node of the
 * manifests' cluster, which only the user knows. An engine that the command line names while the
 * projects run on several machines is a KP902 finding.
 */
struct kps_machine_question kps_machine_question_of_files(struct kps_ledger *ledger,
                                                          const struct kps_machine_options *options,
                                                          bool asks_docker, bool asks_host);

/*
 * Return: whether the engine has an answer even without published ports: a service joins the
 * network of a container outside of the files, runs an image whose ports no file names, or has
 * entries on which the engine's version decides.
 */
bool kps_machine_needs_engine(const struct kps_ledger *ledger, uint32_t site);

/* Return: whether a source could not be asked: exit code 3 without findings. */
bool kps_machine_failed(const struct kps_machine *machine);

/* Return: the engine for a report, in the arena; NULL without an engine or a question to it. */
const struct kps_report_engine *kps_machine_engine(const struct kps_machine *machine,
                                                   struct kps_arena *arena);

/* Return: one engine for each of several contexts or machines, in the arena; NULL: none. */
const struct kps_report_engine *kps_machine_engines(const struct kps_machine *machine,
                                                    struct kps_ledger *ledger);

/* Report the asked sources, with -v. */
void kps_machine_log_verbose(const struct kps_machine *machine, const struct kps_log *log);

/* Return: did the engine answer in full? */
bool kps_machine_knows_engine(const struct kps_machine *machine);
/* Return: were the sockets read? */
bool kps_machine_knows_sockets(const struct kps_machine *machine);

/* Return: the kernel's settings for the ports of the files; empty for another machine. */
struct kps_kernel_settings kps_machine_settings(const struct kps_machine *machine);

/* Return: whether two paths lead to the same folder, through symbolic links too. */
bool kps_machine_is_same_folder(struct kps_sv a, struct kps_sv b);

/* Listen to the engine that answered, in an arena that lives as long as the events. Return: false
 * when it gives no events; see kps_engine_events_open. */
bool kps_machine_listen(const struct kps_machine *machine,
                        const struct kps_machine_options *options, const struct kps_env *env,
                        struct kps_arena *arena, struct kps_engine_events *ret);

#endif
