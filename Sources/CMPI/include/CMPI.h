/// The calls of Open MPI that ranks need, in its library as it is found when the program runs: who does
/// not use it need not have it, neither to build nor to run.
///
/// All but `cmpi_load` are for after it has succeeded, and from one thread. Every error of MPI's ends the
/// job (MPI_ERRORS_ARE_FATAL, the default), so none is handed on.
#pragma once
#include <stdint.h>

/// Loads the library; before anything else.
/// Returns NULL, or what could not be found, in words that stay as they are until the next call.
const char *_Nullable cmpi_load(void);

/// Joins the others: once in a process.
void cmpi_start(void);
/// Takes leave of the others, once all have come so far.
void cmpi_end(void);
/// Ends all processes at once.
void cmpi_abort(int status);

/// Which of the processes this one is.
int cmpi_rank(void);
/// How many there are.
int cmpi_size(void);

/// Gives every rank the bytes of rank 0.
void cmpi_broadcast(void *_Nullable bytes, int count);
/// Gathers a length of every rank at rank 0, where alone `all` is written.
void cmpi_gather_length(int64_t length, int64_t *_Nullable all);
/// Gives every rank its length of rank 0's, where alone `all` is read.
void cmpi_scatter_length(const int64_t *_Nullable all, int64_t *_Nonnull length);
/// Sends bytes to a rank, which receives as many.
void cmpi_send(const void *_Nullable bytes, int count, int rank);
/// Receives what a rank sends.
void cmpi_receive(void *_Nullable bytes, int count, int rank);
/// Adds every rank's words into those of rank 0.
void cmpi_sum(int64_t *_Nullable words, int count);
