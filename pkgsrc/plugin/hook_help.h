#ifndef KPS_PLUGIN_HOOK_HELP_H
#define KPS_PLUGIN_HOOK_HELP_H

/* How to turn the hook on, for --explain docker-hook; plain text, lines up to 80 columns. */
extern const char kps_hook_help[];

#endif
