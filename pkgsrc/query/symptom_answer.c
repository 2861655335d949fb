#include "query/symptom_answer.h"

#include <string.h>

#include "advice/owner.h"
#include "advice/owner_words.h"
#include "base/shell.h"
#include "diagnose/symptom_finding.h"
#include "diagnose/symptom_words.h"
#include "sys/unix_file.h"

/* A program behind a socket file. The detection is over, so no rule belongs to the class. */
static const struct kps_owner_class FILE_CLASS = {.noun = "program"};

static void explain_live(struct kps_ledger *ledger, struct kps_finding *finding,
                         const struct kps_process_facts *facts)
{
    struct kps_diag *diag = ledger->diag;
    kps_finding_note(finding,
                     "it is live: a socket is bound to the file, so it must not be deleted");
    if (!facts || facts->pid == 0) {
        kps_finding_help(finding, "stop the program that listens on it: as root, ss -xlp names it");
        return;
    }
    kps_owner_id id = kps_ledger_owner(ledger, &(struct kps_new_owner){.cls = &FILE_CLASS,
                                                                       .kind = KPS_OWNER_PROCESS,
                                                                       .name = facts->name,
                                                                       .facts = facts});
    kps_finding_party(finding, KPS_ROLE_HOLDER, id)->label =
        kps_owner_words(diag->arena, ledger, id);
    struct kps_advice advice = kps_owner_advice(diag->arena, ledger, id, 0);
    if (advice.n == 0 || advice.v[0].command.n == 0) {
        kps_finding_help(finding, "leave that process, and give the other program another path");
    }
    for (uint32_t i = 0; i < advice.n; i++) {
        if (advice.v[i].command.n) {
            kps_finding_add_help(finding, &advice.v[i]);
        }
    }
}

/* Explain the state of a socket file. */
static void explain_file(struct kps_ledger *ledger, const struct kps_symptom *symptom,
                         struct kps_finding *finding, bool looks_at_files)
{
    struct kps_diag *diag = ledger->diag;
    struct kps_sys sys;
    if (!looks_at_files || kps_sys_open(NULL, &sys) != 0) {
        kps_finding_command(
            finding,
            kps_fmt(diag->arena, "%sss -xlp | grep -F %s", kps_shell_sudo(),
                    kps_shell_quote(diag->arena, symptom->path).p),
            "names the program that listens on it; if it prints nothing, the file is left over, or "
            "a container's program has it");
        return;
    }
    struct kps_unix_file file = kps_unix_file_look(&sys, diag->arena, symptom->path);
    kps_sys_close(&sys);
    switch (file.state) {
    case KPS_UNIX_FILE_ABSENT:
        kps_finding_note(finding,
                         "there is no such file here now: it is gone, or the path is that of a "
                         "container or another "
                         "machine");
        break;
    case KPS_UNIX_FILE_OTHER:
        kps_finding_note(
            finding, "there is a file of this name, and it is no socket: nobody can listen on it");
        break;
    case KPS_UNIX_FILE_LIVE:
        explain_live(ledger, finding, file.owner);
        break;
    case KPS_UNIX_FILE_STALE:
        kps_finding_note(
            finding,
            "it is stale: its program ended without deleting it, and no socket of this machine is "
            "bound to it (the sockets of containers are not visible here)");
        kps_finding_command(
            finding, kps_fmt(diag->arena, "rm %s", kps_shell_quote(diag->arena, symptom->path).p),
            "deletes the file: only if no container's program has it; then start again");
        break;
    case KPS_UNIX_FILE_ABSTRACT:
        kps_finding_note(finding,
                         "a name with '@' is no file: it is free as soon as its program ends");
        break;
    case KPS_UNIX_FILE_UNKNOWN:
        kps_finding_note(finding, "the state of the file is unknown: %s",
                         file.error ? strerror(file.error)
                                    : "the path is relative to the program's folder");
        break;
    }
}

void kps_symptom_answer_ask(struct kps_arena *arena, const struct kps_symptom *symptoms, uint32_t n,
                            struct kps_machine_question *ret)
{
    struct kps_ports *ports = KPS_NEW_N(arena, struct kps_ports, n + 1);
    struct kps_sv *speakers = KPS_NEW_N(arena, struct kps_sv, n + 1);
    bool has_container = false;
    *ret = (struct kps_machine_question){.ports = ports, .connections = true, .speakers = speakers};
    for (uint32_t i = 0; i < n; i++) {
        if (kps_symptom_asks_who(&symptoms[i])) {
            ports[ret->n_ports++] = (struct kps_ports){.first = symptoms[i].first,
                                                       .last = symptoms[i].last,
                                                       .protocol = (uint8_t)symptoms[i].protocol};
        }
        has_container |= symptoms[i].named == KPS_SYMPTOM_CONTAINER;
        if (symptoms[i].named == KPS_SYMPTOM_CONTAINER && kps_symptom_is_inside(&symptoms[i])) {
            speakers[ret->n_speakers++] = symptoms[i].name;
        }
    }
    ret->sockets = ret->n_ports > 0;
    ret->engine = ret->n_ports > 0 || has_container;
}

void kps_symptom_answer_find(struct kps_diagnosis *diagnosis, const struct kps_machine *machine,
                             bool looks_at_files, struct kps_symptom *symptoms, uint32_t n)
{
    struct kps_diag *diag = diagnosis->ledger->diag;
    diagnosis->knows_engine = kps_machine_knows_engine(machine);
    diagnosis->engine_failed = machine->asked_engine && !diagnosis->knows_engine &&
                               machine->engine.status != KPS_ENGINE_ABSENT;
    diagnosis->knows_sockets = kps_machine_knows_sockets(machine);
    struct kps_finding **findings = KPS_NEW_N(diag->arena, struct kps_finding *, n + 1);
    kps_diagnosis_run(diagnosis, symptoms, n, findings);
    for (uint32_t i = 0; i < n; i++) {
        if (symptoms[i].kind == KPS_SYMPTOM_SOCKET_FILE) {
            explain_file(diagnosis->ledger, &symptoms[i], findings[i], looks_at_files);
        }
        if (symptoms[i].repeats) {
            kps_finding_note(findings[i], "said %u times in the log", symptoms[i].repeats + 1);
        }
    }
}
