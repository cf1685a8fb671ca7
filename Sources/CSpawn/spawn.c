#define _GNU_SOURCE
#include "CSpawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Closes what a descriptor from `first` on is open, but for one.
static void close_from(int first, int kept) {
#ifdef SYS_close_range
    int below = kept <= first || syscall(SYS_close_range, first, kept - 1, 0) == 0;
    if (below && syscall(SYS_close_range, kept + 1, ~0U, 0) == 0) return;
#endif
    struct rlimit limit;
    rlim_t end = getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 1024;
    for (rlim_t place = (rlim_t)first; place < end; place++)
        if ((int)place != kept) close((int)place);
}

// In the child: nothing but calls that are safe after a fork of a program with threads.
static void become(
    const char *path, char *const arguments[], char *const environment[], const int ends[3],
    int report, pid_t parent) {
    int code;
    sigset_t none;
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    sigemptyset(&none);
    setpgid(0, 0);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) goto failed;
    // It may have ended before that.
    if (getppid() != parent) _exit(127);
    // First out of the way of 0 to 2, which any of them may be.
    int safe[3];
    for (int place = 0; place < 3; place++) {
        safe[place] = fcntl(ends[place], F_DUPFD, 16);
        if (safe[place] < 0) goto failed;
    }
    int kept = fcntl(report, F_DUPFD_CLOEXEC, 16);
    if (kept < 0) goto failed;
    report = kept;
    for (int place = 0; place < 3; place++)
        if (dup2(safe[place], place) < 0) goto failed;
    close_from(3, report);
    sigprocmask(SIG_SETMASK, &none, 0);
    execve(path, arguments, environment);
failed:
    code = errno;
    while (write(report, &code, sizeof code) < 0 && errno == EINTR) {}
    _exit(127);
}

pid_t cspawn_start(
    const char *path, char *const arguments[], char *const environment[], int input, int output,
    int errors) {
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) return -errno;
    const int ends[3] = {input, output, errors};
    pid_t parent = getpid();
    // No handler of this program's runs in the child.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t child = fork();
    int code = errno;
    if (child == 0) become(path, arguments, environment, ends, report[1], parent);
    pthread_sigmask(SIG_SETMASK, &before, 0);
    close(report[1]);
    if (child < 0) {
        close(report[0]);
        return -code;
    }
    ssize_t count;
    while ((count = read(report[0], &code, sizeof code)) < 0 && errno == EINTR) {}
    close(report[0]);
    if (count != (ssize_t)sizeof code) return child;
    while (waitpid(child, 0, 0) < 0 && errno == EINTR) {}
    return -(code > 0 ? code : ECHILD);
}

int cspawn_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }
