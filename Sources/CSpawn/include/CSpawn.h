#ifndef CSPAWN_H
#define CSPAWN_H

#include <sys/types.h>

/// Starts a program that does not outlive the thread that starts it, and so not the process either: where that
/// ends, be it by a kill, the system kills the program.
///
/// The program leads a process group of its own, has no other descriptors than the three, and signals as
/// programs expect them.
///
/// @param path the file; no search.
/// @param arguments its words, from its name on, with a null at the end.
/// @param environment NAME=value, with a null at the end.
/// @param input what it reads, @param output what it writes, @param errors where it complains.
/// @return its process id; below 0 the negative of the system's code for why it could not be started.
pid_t cspawn_start(
    const char *path, char *const arguments[], char *const environment[], int input, int output,
    int errors);

/// Makes a pipe, {where to read, where to write}, that no program gets which is started later.
///
/// @return 0, or −1 with the system's code in errno.
int cspawn_pipe(int ends[2]);

#endif
