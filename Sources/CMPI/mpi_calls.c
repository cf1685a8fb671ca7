// Open MPI's interface, written down here because its header need not be on the machine: the names, types
// and values of its mpi.h. Scripts/check/mpi_test.py holds them against that header where it is installed.
#include "CMPI.h"
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

typedef struct ompi_communicator_t *communicator;
typedef struct ompi_datatype_t *datatype;
typedef struct ompi_op_t *operation;
typedef struct ompi_status_public_t status;

enum { thread_funneled = 1 };
static void *const in_place = (void *)1;
static status *const status_ignore = NULL;

static struct {
    communicator world;
    datatype byte;
    datatype int64;
    operation sum;
    int (*Init_thread)(int *, char ***, int, int *);
    int (*Finalize)(void);
    int (*Abort)(communicator, int);
    int (*Comm_rank)(communicator, int *);
    int (*Comm_size)(communicator, int *);
    int (*Bcast)(void *, int, datatype, int, communicator);
    int (*Gather)(const void *, int, datatype, void *, int, datatype, int, communicator);
    int (*Scatter)(const void *, int, datatype, void *, int, datatype, int, communicator);
    int (*Send)(const void *, int, datatype, int, int, communicator);
    int (*Recv)(void *, int, datatype, int, int, communicator, status *);
    int (*Reduce)(const void *, void *, int, datatype, operation, int, communicator);
} mpi;

// Handles are addresses of what the library holds; other MPIs have numbers for handles, and fail here.
static const struct {
    const char *name;
    void *place;
} symbols[] = {
    {"ompi_mpi_comm_world", &mpi.world},
    {"ompi_mpi_byte", &mpi.byte},
    {"ompi_mpi_int64_t", &mpi.int64},
    {"ompi_mpi_op_sum", &mpi.sum},
    {"MPI_Init_thread", &mpi.Init_thread},
    {"MPI_Finalize", &mpi.Finalize},
    {"MPI_Abort", &mpi.Abort},
    {"MPI_Comm_rank", &mpi.Comm_rank},
    {"MPI_Comm_size", &mpi.Comm_size},
    {"MPI_Bcast", &mpi.Bcast},
    {"MPI_Gather", &mpi.Gather},
    {"MPI_Scatter", &mpi.Scatter},
    {"MPI_Send", &mpi.Send},
    {"MPI_Recv", &mpi.Recv},
    {"MPI_Reduce", &mpi.Reduce},
};

const char *cmpi_load(void) {
    static char problem[512];
    const char *name = "libmpi.so.40";
    // The plug-ins that the library loads look for its symbols among those of the program.
    void *library = dlopen(name, RTLD_NOW | RTLD_GLOBAL);
    if (library == NULL) {
        snprintf(problem, sizeof problem, "%s", dlerror());
        // Under no number where its version or its packager gave it another one.
        name = "libmpi.so";
        library = dlopen(name, RTLD_NOW | RTLD_GLOBAL);
        if (library == NULL) return problem;
    }
    for (size_t index = 0; index < sizeof symbols / sizeof symbols[0]; index++) {
        void *found = dlsym(library, symbols[index].name);
        if (found == NULL) {
            snprintf(problem, sizeof problem, "%s has no %s", name, symbols[index].name);
            return problem;
        }
        memcpy(symbols[index].place, &found, sizeof found);
    }
    return NULL;
}

void cmpi_start(void) {
    int provided;
    mpi.Init_thread(NULL, NULL, thread_funneled, &provided);
}

void cmpi_end(void) {
    mpi.Finalize();
}

void cmpi_abort(int status) {
    mpi.Abort(mpi.world, status);
}

int cmpi_rank(void) {
    int rank = 0;
    mpi.Comm_rank(mpi.world, &rank);
    return rank;
}

int cmpi_size(void) {
    int size = 1;
    mpi.Comm_size(mpi.world, &size);
    return size;
}

void cmpi_broadcast(void *bytes, int count) {
    mpi.Bcast(bytes, count, mpi.byte, 0, mpi.world);
}

void cmpi_gather_length(int64_t length, int64_t *all) {
    mpi.Gather(&length, 1, mpi.int64, all, 1, mpi.int64, 0, mpi.world);
}

void cmpi_scatter_length(const int64_t *all, int64_t *length) {
    mpi.Scatter(all, 1, mpi.int64, length, 1, mpi.int64, 0, mpi.world);
}

void cmpi_send(const void *bytes, int count, int rank) {
    mpi.Send(bytes, count, mpi.byte, rank, 0, mpi.world);
}

void cmpi_receive(void *bytes, int count, int rank) {
    mpi.Recv(bytes, count, mpi.byte, rank, 0, mpi.world, status_ignore);
}

void cmpi_sum(int64_t *words, int count) {
    if (cmpi_rank() == 0) {
        mpi.Reduce(in_place, words, count, mpi.int64, mpi.sum, 0, mpi.world);
    } else {
        mpi.Reduce(words, NULL, count, mpi.int64, mpi.sum, 0, mpi.world);
    }
}
