#ifndef KPS_BASE_CLOSE_H
#define KPS_BASE_CLOSE_H

#include <dirent.h>

/* Close what is open, for KPS_CLEANUP: a negative number is no descriptor, NULL no folder. */
void kps_close_fd(const int *fd);
void kps_close_dir(DIR **dir);

#endif
