#ifndef KPS_BASE_LIMITS_H
#define KPS_BASE_LIMITS_H

/*
 * Every bound on input, each with its reason. Input beyond a bound is an error with the bound in
 * its message, never a crash and never silence.
 */
enum {
    /* MiB of a dump of a cluster, which is read item by item: 150,000 pods are 1.4 GB as the API
     * server prints them. A pipe may never end. */
    KPS_LIMIT_DUMP_MIB = 16 * 1024,
    /* A message, a note or the words of an advice, which may quote a value of the size of a file.
     */
    KPS_LIMIT_FINDING_TEXT = 4096,
    /* Bytes of all findings of a run, some 80,000: a million unknown keys fit into a file. */
    KPS_LIMIT_FINDING_TOTAL = 32 * 1024 * 1024,
    /* Largest input file. The biggest of 4,170 real Compose files is far below 1 MiB; a rendered
     * chart or a dump of a cluster may have tens of MiB. libyaml reads about 30 MB/s, so this keeps
     * a run under a few seconds. */
    KPS_LIMIT_FILE_BYTES = 64 * 1024 * 1024,
    /* MiB of a list in JSON that is an input: its items are read one by one from a mapped file. An
     * offset has 32 bits. */
    KPS_LIMIT_LIST_MIB = 4000,
    /*
     * A log for --diagnose; a stream may never end. Some 300,000 lines, kept since locations and
     * frames quote them; a log of errors alone takes seconds.
     */
    KPS_LIMIT_LOG_BYTES = 32 * 1024 * 1024,
    /* Nesting of YAML collections. libyaml keeps no limit and its flow mode is quadratic in the
     * depth (100,000 brackets take minutes); Compose's deepest path has under 10 levels, kubectl's
     * reader stops at 10,000. */
    KPS_LIMIT_YAML_DEPTH = 512,
    /* Values that the merge keys of a file or the aliases of a kustomization's resource bring in,
       that !reset walks through, or that a comparison of two definitions looks at. The nine-level
       alias bomb of 306 bytes has 10^9. */
    KPS_LIMIT_ALIAS_NODES = 1000 * 1000,
    /* Pairs and items that are copied as the documents of a project and the bases of its services
       are merged, 24 bytes each: a document of one line copies each mapping that it changes. */
    KPS_LIMIT_MERGED_PAIRS = 4 * 1000 * 1000,
    /* Bytes of source that the aliases of one file repeat: 2,000 aliases of 30 MB are 60 GB to
     * read.
     */
    KPS_LIMIT_ALIAS_BYTES = 64 * 1024 * 1024,
    /* Documents in one file: 25 million empty documents fit into 100 MB. */
    KPS_LIMIT_YAML_DOCUMENTS = 100 * 1000,
    /*
     * Values in one file: 64 MiB of "a," are 32 million, each 60 to 80 bytes of tree. So the tree
     * of a file stays below 160 MB. An indented dump of a cluster has a value in 30 bytes or more.
     */
    KPS_LIMIT_YAML_NODES = 2 * 1000 * 1000,
    /*
     * Values of one file in flow style, each counted once for every bracket around: libyaml looks
     * at all of them for every token. Four million values ten brackets deep, as a dump in JSON has,
     * are 40 million.
     */
    KPS_LIMIT_YAML_FLOW_STEPS = 256 * 1000 * 1000,
    /*
     * %TAG lines in one file: libyaml compares each with all earlier lines. Real files have none.
     */
    KPS_LIMIT_YAML_TAG_DIRECTIVES = 4096,
    /* Bytes from variables in a scalar or .env value: B=$A$A, C=$B$B … doubles with
       every line. */
    KPS_LIMIT_EXPANSION_BYTES = 1024 * 1024,
    /*
     * The same for all scalars of a project. Each reference, "$$" too, counts 64 bytes for its
     * place, and each line of an .env file 256: a file of 64 MiB has room for nine million
     * "- $BIG", 32 million "$$" and 16 million "A=\n".
     */
    KPS_LIMIT_EXPANSION_TOTAL = 64 * 1024 * 1024,
    KPS_LIMIT_EXPANSION_STEP = 64,
    KPS_LIMIT_EXPANSION_VARIABLE = 256,
    /* Values with a '$' in a project, each some 400 bytes with its references. */
    KPS_LIMIT_EXPANSION_VALUES = 200 * 1000,
    /* Nesting of ${A:-${B:-…}}; each level is a call. */
    KPS_LIMIT_EXPANSION_DEPTH = 64,
    /* Files of one project through include, extends and env files. */
    KPS_LIMIT_PROJECT_FILES = 4096,
    /*
     * Services of one project, each about 1 KB. With this bound and the bound of the values a
     * project stays below 256 MB of memory.
     */
    KPS_LIMIT_PROJECT_SERVICES = 30 * 1000,
    /*
     * Entries of `ports` in a project, each about 0.5 KB. A list of 5,000 entries, aliased from
     * 5,000 services, is 25 million entries in 100 KB; no host has more than 65,535 ports a
     * protocol and address.
     */
    KPS_LIMIT_PROJECT_PORTS = 80 * 1000,
    /* Chain of include or extends. */
    KPS_LIMIT_CHAIN = 256,
    /* Lines of a systemd unit or a Quadlet with its drop-ins, without blank ones and comments:
       eight million fit into a file. */
    KPS_LIMIT_UNIT_LINES = 100 * 1000,
    /* A kustomization.yaml, an env file and a file of a generator: all are small. */
    KPS_LIMIT_KUSTOMIZATION_BYTES = 4 * 1024 * 1024,
    /*
     * A build of a kustomization: bases below each other; kustomizations that are loaded, as a
     * chain of n bases that name two bases each loads 2^n; and edges that its edits may copy or
     * names that may be compared, some 220 MB and a second. Real trees stay below a hundredth.
     */
    KPS_LIMIT_BUILD_DEPTH = 64,
    KPS_LIMIT_BUILD_LOADS = 4096,
    KPS_LIMIT_BUILD_EDGES = 8 * 1000 * 1000,
    /*
     * Steps of the automaton of a kustomize patch's pattern, 48 bytes each; atoms read for it, each
     * again for each copy that a repetition makes; brackets around each other. "a{1,1000}" has
     * 2,000 steps, a real pattern ten.
     */
    KPS_LIMIT_PATTERN_STEPS = 8192,
    KPS_LIMIT_PATTERN_ATOMS = 20 * 1000,
    KPS_LIMIT_PATTERN_DEPTH = 200,
    /* Depth of folders in the search through a directory input. */
    KPS_LIMIT_DIRECTORY_DEPTH = 64,
    /* An answer of a container engine. A container takes 1 to 2 KiB in the list, so there is room
     * for 20,000 containers.
     */
    KPS_LIMIT_ENGINE_ANSWER = 48 * 1024 * 1024,
    /*
     * A container in the list or alone; parsing may take some 80 times as much. Ten thousand
     * published ports, as media servers have them, take 1.5 MiB.
     */
    KPS_LIMIT_ENGINE_ITEM = 8 * 1024 * 1024,
    /* The tables of another machine's sockets: some 200,000 lines of 150 bytes. */
    KPS_LIMIT_HOST_TABLES = 32 * 1024 * 1024,
    /* The head of an HTTP answer, and docker's own config.json and meta.json: a few KiB in fact. */
    KPS_LIMIT_HTTP_HEAD = 64 * 1024,
    KPS_LIMIT_ENGINE_CONFIG = 1024 * 1024,

    /* Engines of one run: each has a thread and a connection. */
    KPS_LIMIT_ENGINES = 256,
};

#endif
