#include "plugin/hook_symptoms.h"

#include "arguments/port_argument.h"
#include "core/port_use.h"

enum { SHORT_ID = 12 }; /* digits of an id as docker prints it */

/* Return: the symptom of a port that the engine did not publish. */
static struct kps_symptom refused_port(uint16_t first, uint16_t last, uint8_t protocol)
{
    return (struct kps_symptom){.kind = KPS_SYMPTOM_ENGINE_IN_USE,
                                .speaker = "the Docker Engine",
                                .first = first,
                                .last = last,
                                .protocol = protocol,
                                .line = 1};
}

uint32_t kps_hook_symptoms_of_flags(struct kps_arena *arena,
                                    const struct kps_docker_command *command,
                                    struct kps_symptom **ret)
{
    struct kps_symptom *symptoms =
        KPS_NEW_N(arena, struct kps_symptom, (size_t)command->publishes.n + 1);
    uint32_t n = 0;
    for (uint32_t i = 0; i < command->publishes.n; i++) {
        struct kps_sv words = kps_docker_command_host_side(arena, command->publishes.v[i]);
        struct kps_question question;
        struct kps_sv error = {"", 0};
        if (words.n == 0 || kps_port_argument_form(words) == KPS_PORT_FORM_NONE ||
            !kps_port_argument_parse(arena, words, &question, &error)) {
            continue;
        }
        const struct kps_ports *ports = &question.ports;
        bool has_protocol = ports->protocol != KPS_PROTO_NONE;
        symptoms[n] =
            refused_port(ports->first, ports->last, has_protocol ? ports->protocol : KPS_TCP);
        symptoms[n].addrs[0] = ports->addr;
        symptoms[n].n_addrs = ports->addr.kind == KPS_ADDR_EVERY ? 0 : 1;
        n++;
    }
    *ret = symptoms;
    return n;
}

/* Return whether the command names the container that a pending port belongs to. */
static bool is_started(const struct kps_docker_command *command, const struct kps_owner *owner)
{
    for (uint32_t i = 0; i < command->names.n; i++) {
        struct kps_sv name = command->names.v[i];
        const struct kps_container_facts *facts = kps_container_facts_of(owner);
        bool is_id = facts && name.n >= SHORT_ID && kps_sv_starts(facts->id, name);
        if (kps_sv_eq(kps_owner_name(owner), name) || is_id) {
            return true;
        }
    }
    return false;
}

uint32_t kps_hook_symptoms_of_names(const struct kps_ledger *ledger,
                                    const struct kps_docker_command *command,
                                    struct kps_symptom **ret)
{
    struct kps_arena *arena = ledger->diag->arena;
    struct kps_port_uses uses = kps_port_uses_of(ledger, arena);
    struct kps_symptom *symptoms = KPS_NEW_N(arena, struct kps_symptom, uses.n + 1);
    uint32_t n = 0;
    for (size_t i = 0; i < uses.n; i++) {
        const struct kps_port_use *use = &uses.v[i];
        const struct kps_owner *owner = kps_ledger_get_owner(ledger, use->tenant);
        if (use->basis == KPS_PENDING && use->first && is_started(command, owner)) {
            symptoms[n] = refused_port(use->first, use->last, use->protocol);
            symptoms[n].named = KPS_SYMPTOM_CONTAINER;
            symptoms[n].name = kps_sv_copy(arena, kps_owner_name(owner));
            n++;
        }
    }
    *ret = symptoms;
    return n;
}
