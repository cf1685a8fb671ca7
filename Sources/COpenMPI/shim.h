// Open MPI's communicators and types are macros, which Swift does not see: functions stand for them.
// Every error ends the job (MPI_ERRORS_ARE_FATAL, the default), so none is handed on.
#pragma once
#include <mpi.h>
#include <stdint.h>

static inline void mpi_start(void) {
    int provided;
    MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
}

static inline void mpi_end(void) {
    MPI_Finalize();
}

static inline void mpi_abort(int status) {
    MPI_Abort(MPI_COMM_WORLD, status);
}

static inline int mpi_rank(void) {
    int rank;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    return rank;
}

static inline int mpi_size(void) {
    int size;
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    return size;
}

static inline void mpi_broadcast(void *bytes, int count) {
    MPI_Bcast(bytes, count, MPI_BYTE, 0, MPI_COMM_WORLD);
}

// Gathers one length of every rank at rank 0.
static inline void mpi_gather_length(int64_t length, int64_t *all) {
    MPI_Gather(&length, 1, MPI_INT64_T, all, 1, MPI_INT64_T, 0, MPI_COMM_WORLD);
}

// Gives every rank its length of rank 0's, where alone `all` is looked at.
static inline void mpi_scatter_length(const int64_t *all, int64_t *length) {
    MPI_Scatter(all, 1, MPI_INT64_T, length, 1, MPI_INT64_T, 0, MPI_COMM_WORLD);
}

static inline void mpi_send(const void *bytes, int count, int rank) {
    MPI_Send(bytes, count, MPI_BYTE, rank, 0, MPI_COMM_WORLD);
}

static inline void mpi_receive(void *bytes, int count, int rank) {
    MPI_Recv(bytes, count, MPI_BYTE, rank, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

// Adds every rank's words into those of rank 0.
static inline void mpi_sum(int64_t *words, int count) {
    if (mpi_rank() == 0) {
        MPI_Reduce(MPI_IN_PLACE, words, count, MPI_INT64_T, MPI_SUM, 0, MPI_COMM_WORLD);
    } else {
        MPI_Reduce(words, NULL, count, MPI_INT64_T, MPI_SUM, 0, MPI_COMM_WORLD);
    }
}
