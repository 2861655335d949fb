#include "diagnose/rules.h"

#define ANYBODY NULL
#define DOCKER "the Docker Engine"
#define DESKTOP "Docker Desktop"
#define API_SERVER "the API server"
#define PYTHON "a Python program"
#define RUST "a Rust program"
/* How the engine begins a failed publication up to 29; the name is the container's. */
#define ENDPOINT "driver failed programming external connectivity on endpoint %n (%*): "

#define SAYS(in_kind, in_named, in_flags, in_speaker, in_pattern)                                  \
    {.pattern = (in_pattern),                                                                      \
     .speaker = (in_speaker),                                                                      \
     .kind = KPS_SYMPTOM_##in_kind,                                                                \
     .named = KPS_SYMPTOM_##in_named,                                                              \
     .flags = (in_flags)},

const struct kps_scan_rule kps_scan_rules[] = {
#include "diagnose/rules.def"
    {.pattern = NULL},
};
